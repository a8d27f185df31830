# cmake -D EXIT=<code> -D OUTPUT=<regex> -P expect.cmake -- <command> [<argument>...]
# Fails unless the command exits with that code and its output matches, with no warning in it.
set(command "")
foreach(index RANGE 1 ${CMAKE_ARGC})
    if(DEFINED separator)
        list(APPEND command "${CMAKE_ARGV${index}}")
    elseif("${CMAKE_ARGV${index}}" STREQUAL "--")
        set(separator ${index})
    endif()
endforeach()

execute_process(COMMAND ${command}
    RESULT_VARIABLE exit OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}")
if(NOT exit STREQUAL EXIT)
    message(FATAL_ERROR "It exited with ${exit} instead of ${EXIT}")
endif()
if(NOT output MATCHES "${OUTPUT}")
    message(FATAL_ERROR "The output does not match: ${OUTPUT}")
endif()
if(output MATCHES "Sanitizer|qferry: ")
    message(FATAL_ERROR "There is a warning in the output")
endif()
