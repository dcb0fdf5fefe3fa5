# shellcheck shell=bash
# An earlier version, for the way from it to this one: built from the history of the checkout that
# the lab lies in, where it is one. Sourced by stages.
#
# LAB_EARLIER names a daemon that is there already instead.

# The last one that had the established clients' maps in nft's inet table. Another one may take its
# place when what is kept in the kernel, or the state file, has changed again.
EARLIER_COMMIT=c7debab6a30f

# Prints the path of its daemon.
earlier_program() {
	printf '%s' "${LAB_EARLIER:-$(built "earlier/$EARLIER_COMMIT/src/ipsec-balancer")}"
}

# Runs git on the checkout, whoever it belongs to.
earlier_git() {
	git -C "$LAB_HOME/../.." -c safe.directory='*' "$@"
}

# Prints why there is none to go from; nothing when there is. One that did not build is no reason.
earlier_missing() {
	[ -z "${LAB_EARLIER-}" ] && [ ! -x "$(earlier_program)" ] || return 0
	if ! command -v git >/dev/null; then
		echo "no git to take version $EARLIER_COMMIT from"
	elif ! earlier_git cat-file -e "$EARLIER_COMMIT^{commit}" 2>/dev/null; then
		echo "no checkout with version $EARLIER_COMMIT in its history"
	fi
}

# Builds it, once: only what is started, and in as little time as can be.
earlier_build() (
	[ -z "$(earlier_missing)" ] && [ ! -x "$(earlier_program)" ] || exit 0
	new=$(built "earlier/$EARLIER_COMMIT")
	mkdir -p "${new%/*}" && exec {lock}>"$new.lock" && flock "$lock" || exit 1
	[ ! -x "$(earlier_program)" ] || exit 0
	rm -rf "$new" && mkdir "$new" || exit 1
	{
		earlier_git archive "$EARLIER_COMMIT" | tar -C "$new" -x && cd "$new" &&
			autoreconf -fi &&
			./configure --disable-dependency-tracking CFLAGS="-O0 -w" &&
			make -j "$(nproc)" src/ipsec-balancer
	} >"$new.log" 2>&1 </dev/null
)
