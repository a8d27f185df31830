// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/global.h>

#if defined(QFERRY_STATIC)
#    define QFERRYQML_EXPORT
#elif defined(QFERRYQML_BUILDING)
#    define QFERRYQML_EXPORT Q_DECL_EXPORT
#else
#    define QFERRYQML_EXPORT Q_DECL_IMPORT
#endif
