/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/plan.h"

int reap_main(int argc, char **argv);
