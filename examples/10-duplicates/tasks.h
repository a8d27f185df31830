// SPDX-License-Identifier: MIT
#pragma once

/// Gives the functions that run in workers the names by which QML starts them: findFiles, hashFile,
/// searchFiles.
void registerTasks();
