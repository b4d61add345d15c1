# SPDX-License-Identifier: GPL-2.0-or-later
# What other programs need in order to use leakscan; installed as it lies here.

contribdir = $(pkgdatadir)
nobase_dist_contrib_DATA = \
	contrib/icinga2/leakscan.conf \
	contrib/nagios/leakscan.cfg \
	contrib/nrpe/leakscan.cfg
