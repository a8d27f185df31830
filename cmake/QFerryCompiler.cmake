# Compiler settings of QFerry's own targets. None of them reaches a user of the library.

# qferry_warnings(<target>): the warnings all our code is free of.
function(qferry_warnings target)
    if(MSVC)
        target_compile_options(${target} PRIVATE /W4 $<$<BOOL:${QFERRY_WERROR}>:/WX>)
    else()
        target_compile_options(${target} PRIVATE
            -Wall -Wextra -Wpedantic -Wshadow
            $<$<BOOL:${QFERRY_WERROR}>:-Werror>
        )
    endif()
endfunction()

# qferry_library(<target> <export name> <definition>): what our libraries have in common. The
# definition is set while the library itself is compiled.
function(qferry_library target export_name definition)
    target_compile_definitions(${target} PRIVATE
        ${definition}
        QT_NO_CAST_FROM_ASCII
        QT_NO_CAST_TO_ASCII
        QT_NO_CONTEXTLESS_CONNECT
        QT_NO_FOREACH
        QT_NO_KEYWORDS
    )
    set_target_properties(${target} PROPERTIES
        AUTOMOC ON
        CXX_VISIBILITY_PRESET hidden
        VISIBILITY_INLINES_HIDDEN ON
        POSITION_INDEPENDENT_CODE ON
        EXPORT_NAME ${export_name}
        VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR}
    )
    qferry_warnings(${target})
endfunction()

# qferry_fast_library(<target>): calls within the library go straight there, and what it keeps per thread
# (some hundred bytes) is found without a call.
function(qferry_fast_library target)
    if(UNIX AND NOT APPLE AND NOT QFERRY_SANITIZE)
        target_compile_options(${target} PRIVATE
            -ftls-model=initial-exec
            $<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>
        )
        target_link_options(${target} PRIVATE LINKER:-Bsymbolic-functions)
    endif()
endfunction()

# A sanitizer and the assertions have to agree in everything that is linked together, so these two
# are set for the whole directory.
if(QFERRY_SANITIZE)
    list(JOIN QFERRY_SANITIZE "," sanitizers)
    add_compile_options(
        -fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
    add_link_options(-fsanitize=${sanitizers})
    unset(sanitizers)
endif()
if(QFERRY_ASSERTS)
    add_compile_definitions(QT_FORCE_ASSERTS)
endif()
