# SPDX-License-Identifier: GPL-2.0-or-later
# Probes of our own: a compiler flag is used only where compiler and linker take it without
# a word, and what pkg-config does not find is collected, so that configure can name all of
# it at once.

# LEAKSCAN_FLAG(VARIABLE, FLAGS, [IF-REFUSED])
# Appends FLAGS to VARIABLE if a program that uses string.h compiles and links with them
# and with -Werror (clang only warns about a flag that it does not know; glibc warns about
# a fortify level that it cannot give).
AC_DEFUN([LEAKSCAN_FLAG], [
	AS_VAR_PUSHDEF([cache], [leakscan_cv_flag_$2])
	AC_CACHE_CHECK([whether $CC takes $2], [cache], [
		leakscan_save_CFLAGS=$CFLAGS
		CFLAGS="$2 $CFLAGS -Werror"
		AC_LINK_IFELSE([AC_LANG_SOURCE([[
			#include <string.h>
			int main(int argc, char **argv)
			{
				char copy[16];

				strncpy(copy, argv[argc - 1], sizeof copy - 1);
				copy[15] = 0;
				return copy[0] == 'x';
			}
		]])], [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
		CFLAGS=$leakscan_save_CFLAGS
	])
	AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$1], [" $2"])], [$3])
	AS_VAR_POPDEF([cache])
])

# LEAKSCAN_FLAGS(VARIABLE, LIST): LEAKSCAN_FLAG for each word of LIST.
AC_DEFUN([LEAKSCAN_FLAGS],
	[m4_foreach_w([leakscan_flag], [$2],
		[LEAKSCAN_FLAG([$1], m4_dquote(m4_defn([leakscan_flag])))])])

# LEAKSCAN_NEED(VARIABLE-PREFIX, MODULE, [MINIMUM])
# Like PKG_CHECK_MODULES, but a missing one only goes on the list leakscan_missing.
AC_DEFUN([LEAKSCAN_NEED], [
	PKG_CHECK_MODULES([$1], [$2]m4_ifval([$3], [ >= $3]), [],
		[leakscan_missing="$leakscan_missing pkg:$2"])
])

# LEAKSCAN_MISSING
# Ends configure with one message if the list is not empty. The names are those of the
# table build-aux/packages.
AC_DEFUN([LEAKSCAN_MISSING], [
	AS_IF([test -n "$leakscan_missing"], [
		# argument 1: the column of the table
		leakscan_packages () {
			$AWK -v want="$leakscan_missing" -v column="$[]1" '
				BEGIN { n = split(want, w, " "); for (i = 1; i <= n; i++) wanted[[w[i]]] = 1 }
				/^#/ || !($][2 in wanted) { next }
				{
					n = split($column, p, ",")
					for (i = 1; i <= n; i++)
						if (!(p[[i]] in seen)) { seen[[p[i]]] = 1; printf " %s", p[[i]] }
				}' "$srcdir/build-aux/packages"
		}
		leakscan_apt=`leakscan_packages 3`
		leakscan_dnf=`leakscan_packages 4`
		leakscan_apk=`leakscan_packages 5`
		leakscan_pacman=`leakscan_packages 6`
		leakscan_names=`echo " $leakscan_missing" | sed 's/cmd://g; s/pkg://g; s/^ */ /'`
		AC_MSG_ERROR([these are needed and were not found:$leakscan_names

  Debian, Ubuntu:  apt-get install$leakscan_apt
  Fedora, RHEL:    dnf install$leakscan_dnf
  Alpine:          apk add$leakscan_apk
  Arch:            pacman -S$leakscan_pacman

or run ./quickstart.sh, which installs them. libproc2 comes with procps-ng 4; distributions
with procps 3.3.x (Debian 11, Ubuntu 22.04, RHEL 9) have no libproc2 at all and are too old.
Check is needed by the tests only: --disable-tests builds without it.])
	])
])

# LEAKSCAN_BPF(RESULT, WHY)
# Sets RESULT to yes where a BPF program can be made a light skeleton and that compiles here,
# else to no and WHY to what is missing. Substitutes CLANG, BPFTOOL and BPF_CPPFLAGS: clang
# does not look for the headers of this architecture when it compiles for another.
AC_DEFUN([LEAKSCAN_BPF], [
	AC_ARG_VAR([CLANG], [the clang that compiles the BPF programs])
	AC_ARG_VAR([BPFTOOL], [the bpftool that makes skeletons of them])
	AC_PATH_PROGS([CLANG], [clang])
	AC_PATH_PROGS([BPFTOOL], [bpftool], [], [$PATH:/usr/sbin:/sbin:/usr/local/sbin])
	$1=no
	AS_IF([test -z "$CLANG"], [$2='there is no clang'],
		[test -z "$BPFTOOL"], [$2='there is no bpftool'], [
		BPF_CPPFLAGS=`$CLANG -v -E - </dev/null 2>&1 | sed -n \
			'/search starts here:/,/End of search list/s|^ \(/.*\)|-idirafter \1|p' | tr '\n' ' '`
		AC_MSG_CHECKING([whether $CLANG and $BPFTOOL make BPF skeletons])
		cat >conftest.bpf.c <<'LEAKSCAN_EOF'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
struct task_struct { int pid; } __attribute__((preserve_access_index));
struct bpf_iter__task { struct task_struct *task; } __attribute__((preserve_access_index));
extern void *bpf_rdonly_cast(void *object, __u32 type) __ksym;
SEC("iter/task") int tasks(struct bpf_iter__task *context)
{
	struct task_struct *t = bpf_rdonly_cast(context->task,
						bpf_core_type_id_kernel(struct task_struct));
	return bpf_loop(t->pid, context, 0, 0) < 0;
}
char terms@<:@@:>@ SEC("license") = "GPL";
LEAKSCAN_EOF
		AS_IF([! $CLANG -target bpf -mcpu=v3 -O2 -g $BPF_CPPFLAGS -c conftest.bpf.c -o conftest.bpf.o >&AS_MESSAGE_LOG_FD 2>&1],
			[$2="$CLANG compiles no BPF programs, or the headers of libbpf are missing"],
			[! $BPFTOOL gen skeleton -L conftest.bpf.o name conftest_bpf >conftest_skel.h 2>&AS_MESSAGE_LOG_FD],
			[$2="$BPFTOOL makes no light skeletons"],
			[AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
				#include <errno.h>
				#include "conftest_skel.h"
				int main(void) { return conftest_bpf__open_and_load() == 0; }
			]])], [$1=yes $2=], [$2='its skeletons do not compile'])])
		rm -f conftest.bpf.c conftest.bpf.o conftest_skel.h
		AC_MSG_RESULT([$]$1)
	])
	AC_SUBST([BPF_CPPFLAGS])
])
