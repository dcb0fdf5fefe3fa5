/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipsec-balancerctl: asks and steers the daemon.
 */
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

/** Finds out what the terminal shows, and runs. */
int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	int status = ctl_run(
		argc, argv, strcmp(nl_langinfo(CODESET), "UTF-8") == 0, stdout, stderr);

	if (status == CTL_DONE && (fflush(stdout) == EOF || ferror(stdout))) {
		perror("ipsec-balancerctl: cannot write");
		return CTL_REFUSED;
	}
	return status;
}
