// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(QFerry::StreamModel<int> &model)
{
    model.remove(1);
}
