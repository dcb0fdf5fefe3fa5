# SPDX-License-Identifier: GPL-2.0-or-later
dist_man_MANS = \
	man/ipsec-balancer.8 \
	man/ipsec-balancer-realserver.8 \
	man/ipsec-balancer.conf.5 \
	man/ipsec-balancerctl.8
