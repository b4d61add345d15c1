# SPDX-License-Identifier: GPL-2.0-or-later
# What other programs need in order to use leakscan; installed as it lies here.

contribdir = $(pkgdatadir)
nobase_dist_contrib_DATA = \
	contrib/cron/leakscan \
	contrib/fleet/README.md \
	contrib/fleet/leakscan.yml \
	contrib/grafana/leakscan.json \
	contrib/icinga2/leakscan.conf \
	contrib/kubernetes/daemonset.yaml \
	contrib/nagios/leakscan.cfg \
	contrib/nrpe/leakscan.cfg \
	contrib/prometheus/leakscan.rules.test.yml \
	contrib/prometheus/leakscan.rules.yml \
	contrib/systemd/leakscan-bpf.service \
	contrib/systemd/leakscan-textfile.service \
	contrib/systemd/leakscan-textfile.timer \
	contrib/systemd/leakscan.socket \
	contrib/systemd/leakscan@.service
