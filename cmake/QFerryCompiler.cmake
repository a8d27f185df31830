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

# qferry_compiled_qml(<target>): what qmlcachegen makes of the target's QML has warnings of its own.
function(qferry_compiled_qml target)
    get_target_property(sources ${target} SOURCES)
    list(FILTER sources INCLUDE REGEX "/qmlcache/.*_qml\\.cpp$")
    set_source_files_properties(${sources} PROPERTIES
        COMPILE_OPTIONS $<IF:$<BOOL:${MSVC}>,/w,-w>
        SKIP_UNITY_BUILD_INCLUSION ON # with others it would have theirs
    )
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
        UNITY_BUILD ${QFERRY_UNITY}
        EXPORT_NAME ${export_name}
        VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR}
    )
    qferry_warnings(${target})
    qferry_never_unloaded(${target})
endfunction()

# qferry_never_unloaded(<target>): its threads, and what it has told Qt to call at the end, need it until
# the process ends. So it stays when the last plugin that uses it goes; if it is static, so does whatever it
# is linked into.
function(qferry_never_unloaded target)
    get_target_property(type ${target} TYPE)
    set(scope PRIVATE)
    if(type STREQUAL "STATIC_LIBRARY")
        set(scope INTERFACE)
    endif()
    if(UNIX AND NOT APPLE)
        target_link_options(${target} ${scope} LINKER:-z,nodelete)
    endif()
endfunction()

# qferry_fast_library(<target>): calls within the library go straight there, and what it keeps per thread
# is found without a call. That takes room which only glibc keeps for libraries that are loaded late, and
# little of it. A static library need not ask for it: in a program the linker finds the short way by
# itself, and a plugin would use up the room of others.
function(qferry_fast_library target)
    if(NOT UNIX OR APPLE OR QFERRY_SANITIZE)
        return()
    endif()
    include(CheckCXXSymbolExists)
    check_cxx_symbol_exists(__GLIBC__ cstdlib QFERRY_HAS_GLIBC)
    get_target_property(type ${target} TYPE)
    if(QFERRY_HAS_GLIBC AND NOT type STREQUAL "STATIC_LIBRARY")
        target_compile_options(${target} PRIVATE -ftls-model=initial-exec)
    endif()
    target_compile_options(${target} PRIVATE
        $<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>)
    target_link_options(${target} PRIVATE LINKER:-Bsymbolic-functions)
endfunction()

# A sanitizer and the assertions have to agree in everything that is linked together, so these two
# are set for the whole directory.
if(QFERRY_SANITIZE)
    list(JOIN QFERRY_SANITIZE "," sanitizers)
    add_compile_options(
        -fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
    add_link_options(-fsanitize=${sanitizers})
    if("undefined" IN_LIST QFERRY_SANITIZE) # these make up a quarter of the time to compile; the
        # processor and AddressSanitizer see nearly all that they do
        add_compile_options(-fno-sanitize=null,object-size,vptr)
    endif()
    unset(sanitizers)
endif()
if(QFERRY_ASSERTS)
    add_compile_definitions(QT_FORCE_ASSERTS)
endif()
