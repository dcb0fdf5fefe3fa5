# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += .ci/run contrib/demo contrib/lib.sh contrib/test
