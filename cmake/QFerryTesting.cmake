# qferry_test(<name> [LABELS <label>...] [TIMEOUT <seconds>] [LIBS <target>...])
# Builds tst_<name>.cpp, a Qt Test, and registers it under <name>. A folder in <name> is part of
# the path only: qferry_test(qml/types) builds qml/tst_types.cpp and is called "types".
function(qferry_test path)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "LABELS;LIBS")
    if(NOT arg_LABELS)
        set(arg_LABELS core)
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()
    if(QFERRY_SANITIZE)
        math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 5")
    endif()

    cmake_path(GET path FILENAME name)
    cmake_path(REPLACE_FILENAME path tst_${name}.cpp OUTPUT_VARIABLE source)
    add_executable(tst_${name} ${source})
    set_target_properties(tst_${name} PROPERTIES AUTOMOC ON)
    target_include_directories(tst_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
    target_link_libraries(tst_${name} PRIVATE QFerry::QFerry Qt6::Test ${arg_LIBS})
    qferry_warnings(tst_${name})
    if(QFERRY_PRECOMPILE AND NOT arg_LIBS) # other libraries change what Qt Test's headers are
        qferry_precompiled(tst_${name} qferry_precompiled
            LIBS Qt6::Test
            HEADERS <QtCore/QtCore> <QtTest/QtTest> <qferry/qferry.h>)
    endif()

    add_test(NAME ${name} COMMAND tst_${name})
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()

# qferry_compile_fail_test(<file> <regex> [LIBS <target>...])
# Passes when <file> does not compile and the first error, or anything below it, matches <regex>.
function(qferry_compile_fail_test file regex)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "LIBS")
    cmake_path(GET file STEM name)
    set(name compilefail_${name})
    add_library(${name} OBJECT EXCLUDE_FROM_ALL ${file})
    set_target_properties(${name} PROPERTIES CXX_CLANG_TIDY "")
    target_link_libraries(${name} PRIVATE QFerry::QFerry ${arg_LIBS})
    if(QFERRY_PRECOMPILE AND NOT arg_LIBS)
        qferry_precompiled(${name} compilefail_precompiled HEADERS <qferry/qferry.h>)
    endif()

    add_test(NAME ${name}
        COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --config $<CONFIG> --target ${name})
    set_tests_properties(${name} PROPERTIES
        LABELS compilefail
        TIMEOUT 120
        ENVIRONMENT LC_ALL=C
        PASS_REGULAR_EXPRESSION "[: ]error[^:]*: .*${regex}"
        RESOURCE_LOCK build-tree # two builds at a time would spoil each other's log
    )
endfunction()

# qferry_headers_test(<name> <folder>)
# Passes when every header that lies in <folder> of the sources compiles by itself, without a warning.
function(qferry_headers_test name folder)
    file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/${folder} ${PROJECT_SOURCE_DIR}/${folder}/*.h)
    add_library(${name} OBJECT EXCLUDE_FROM_ALL)
    foreach(header IN LISTS headers)
        set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}/${header}.cpp)
        file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${PROJECT_SOURCE_DIR}/${folder}/${header}\"\n")
        target_sources(${name} PRIVATE ${source})
    endforeach()
    set_target_properties(${name} PROPERTIES CXX_CLANG_TIDY "")
    target_link_libraries(${name} PRIVATE QFerry::QFerry)
    qferry_warnings(${name})

    add_test(NAME ${name}
        COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --config $<CONFIG> --target ${name})
    set_tests_properties(${name} PROPERTIES
        LABELS sources
        TIMEOUT 300
        PROCESSORS 2
        RESOURCE_LOCK build-tree
    )
endfunction()

# qferry_precompiled(<target> <precompiled> [LIBS <target>...] HEADERS <header>...)
# Nearly all tests include Qt Test and all of QFerry, so these are read once for all of them. Each names what
# it uses all the same: without QFERRY_PRECOMPILE it has nothing else.
function(qferry_precompiled target precompiled)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "LIBS;HEADERS")
    if(NOT TARGET ${precompiled})
        file(CONFIGURE OUTPUT precompiled.cpp CONTENT "")
        add_library(${precompiled} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/precompiled.cpp)
        target_link_libraries(${precompiled} PRIVATE QFerry::QFerry ${arg_LIBS})
        qferry_warnings(${precompiled})
        target_precompile_headers(${precompiled} PRIVATE ${arg_HEADERS})
    endif()
    target_precompile_headers(${target} REUSE_FROM ${precompiled})
endfunction()

# qferry_qmllint_test(<name> IMPORTS <folder>... FILES <file>...)
# Passes if qmllint finds no fault in files of QML, and in the snippets of QML in pages (.md).
function(qferry_qmllint_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "IMPORTS;FILES")
    find_package(Python3 3.11 QUIET COMPONENTS Interpreter)
    if(NOT Python3_FOUND OR NOT TARGET Qt6::qmllint)
        message(STATUS "Without Python 3.11 and qmllint, there is no test ${name}")
        return()
    endif()
    list(TRANSFORM arg_IMPORTS PREPEND "-I;")
    add_test(NAME ${name}
        COMMAND Python3::Interpreter -B ${PROJECT_SOURCE_DIR}/tests/qml/lint.py $<TARGET_FILE:Qt6::qmllint>
            ${CMAKE_CURRENT_BINARY_DIR}/${name} ${arg_IMPORTS} ${arg_FILES})
    set_tests_properties(${name} PROPERTIES LABELS sources TIMEOUT 120)
endfunction()
