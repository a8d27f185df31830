// SPDX-License-Identifier: MIT
// Compiled into whatever links QFerry::Qml: refers to the module's types, so that the linker keeps the
// library, and the engine finds them.

void qml_register_types_QFerry();

[[maybe_unused]] static const bool isQFerryKept = [] {
    void (*const volatile registration)() = &qml_register_types_QFerry;
    return registration != nullptr;
}();
