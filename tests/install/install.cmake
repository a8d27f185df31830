# Run by ctest: install to a prefix of our own, then configure, build and run the consumer.

function(run)
    execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR}/prefix ${WORK_DIR}/consumer ${WORK_DIR}/qmlconsumer)

set(configure ${CMAKE_COMMAND} -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER})
if(KIND STREQUAL "static")
    set(LIBRARY_BUILD_DIR ${WORK_DIR}/library)
    set(CONFIG Debug)
    run(${configure} -S ${SOURCE_DIR} -B ${LIBRARY_BUILD_DIR}
        -D CMAKE_BUILD_TYPE=${CONFIG} -D "CMAKE_PREFIX_PATH=${PREFIX_PATH}"
        -D BUILD_SHARED_LIBS=OFF -D QFERRY_BUILD_TESTS=OFF -D QFERRY_BUILD_EXAMPLES=OFF
        -D QFERRY_BUILD_QML=${QML} -D QFERRY_UNITY=ON)
    run(${CMAKE_COMMAND} --build ${LIBRARY_BUILD_DIR} --config ${CONFIG})
endif()
run(${CMAKE_COMMAND} --install ${LIBRARY_BUILD_DIR} --config ${CONFIG} --prefix ${WORK_DIR}/prefix)

file(GLOB_RECURSE private_headers ${WORK_DIR}/prefix/*_p.h)
if(private_headers)
    message(FATAL_ERROR "Private headers were installed: ${private_headers}")
endif()

function(build_and_run consumer)
    run(${configure} -S ${CMAKE_CURRENT_LIST_DIR}/${consumer} -B ${WORK_DIR}/${consumer}
        -D CMAKE_BUILD_TYPE=${CONFIG} -D QFerry_ROOT=${WORK_DIR}/prefix
        -D "CMAKE_PREFIX_PATH=${PREFIX_PATH}")
    run(${CMAKE_COMMAND} --build ${WORK_DIR}/${consumer} --config ${CONFIG} --target run)
endfunction()

build_and_run(consumer)
if(QML)
    build_and_run(qmlconsumer)
endif()
