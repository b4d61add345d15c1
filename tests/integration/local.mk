# SPDX-License-Identifier: GPL-2.0-or-later
# leakscan with the real programs it is made for, from the distribution's packages. No part
# of `make check`, for it installs them (tests/integration/install.sh), but each script leaves
# its log and its .trs like a part of it. A new one is a line here.

integration_scripts = \
	tests/integration/nagios.py \
	tests/integration/prometheus.py

EXTRA_DIST += \
	$(integration_scripts) \
	tests/integration/engine.py \
	tests/integration/install.sh \
	tests/integration/leaky.py

.PHONY: check-integration
check-integration: leakscan$(EXEEXT)
	@$(MKDIR_P) tests/integration
	@$(AM_TESTS_ENVIRONMENT) PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE; failed=0; \
	for script in $(integration_scripts); do \
		base=$${script%.*}; \
		$(tap_driver) --test-name $$script --log-file $$base.log --trs-file $$base.trs \
			--color-tests no --expect-failure no --enable-hard-errors yes -- \
			$(PYTHON) $(srcdir)/$$script || failed=1; \
		! grep -Eq '^:test-result: (FAIL|ERROR)' $$base.trs || failed=1; \
	done; exit $$failed
