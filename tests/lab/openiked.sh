# shellcheck shell=bash
# OpenIKED as a peer, IKEv2 alone. Sourced by its stage.
#
# Its package is unpacked into a directory of its own. It wants a user and files at fixed places,
# so it runs in a root directory that has them and this machine's libraries. It needs ESP in the
# kernel, and PF_KEY, with which it cannot have SHA-2 for ESP.

# Prints where OpenIKED is kept.
openiked_cache() {
	echo "${OPENIKED_CACHE:-${BUILD:?}/openiked}"
}

# Prints why OpenIKED cannot run here; nothing when it can.
openiked_missing() {
	[ -f "$(openiked_cache)/ready" ] ||
		echo "no OpenIKED in $(openiked_cache), see $(openiked_cache).log"
	peers_kernel_esp || echo "OpenIKED needs ESP in the kernel"
}

# Unpacks OpenIKED in directory $1, with a key that it wants to have.
openiked_unpack() {
	local new=$1
	apt-cache policy openiked | grep -q 'Candidate: [0-9]' || apt-get -q update
	vm_fetch "$new/deb" openiked && mkdir -p "$new/root" || return 1
	dpkg-deb --fsys-tarfile "$new"/deb/*.deb | tar -x -C "$new/root" --no-same-owner \
		./usr/sbin ./etc/iked || return 1
	rm -rf "$new/deb"
	openssl ecparam -genkey -name prime256v1 -noout -out "$new/root/etc/iked/private/local.key"
}

# Sees to it that the cache has OpenIKED; where the network is, not in a guest.
openiked_prepare() (
	cache=$(openiked_cache)
	mkdir -p "${cache%/*}" && exec {lock}>"$cache.lock" && flock "$lock" || exit 1
	[ ! -f "$cache/ready" ] || exit 0
	rm -rf "$cache" "$cache.new"
	openiked_unpack "$cache.new" && mv "$cache.new" "$cache" && touch "$cache/ready"
) >>"$(openiked_cache).log" 2>&1

# Prints the configuration of client $1 towards VIP $2, for its own side or the server's ($3:
# client or server).
openiked_connection() {
	local here there here_id=c$1 there_id=gateway here_net there_net mode=active
	here=$(client_address "$1") there=$2
	here_net=$(client_inner "$1")/32 there_net=$LAB_INNER/32
	[ "$3" = client ] || {
		mode=passive here=$2 there=$(client_address "$1")
		here_id=gateway there_id=c$1
		here_net=$LAB_INNER/32 there_net=$(client_inner "$1")/32
	}
	cat <<-END
		ikev2 "c$1" $mode esp from $here_net to $there_net local $here peer $there \\
			ikesa enc aes-128 prf hmac-sha2-256 auth hmac-sha2-256 group curve25519 \\
			childsa enc aes-128 auth hmac-sha1 \\
			srcid $here_id dstid $there_id psk "$PEER_SECRET"
	END
}

# Makes the root directory of peer $1; its configuration comes on stdin.
openiked_write() {
	local root=$LAB_DIR/$1/root
	mkdir -p "$root"/{usr,dev,proc,tmp,var/run,var/lib/openiked/empty} &&
		cp -r "$(openiked_cache)/root/etc" "$(openiked_cache)/root/usr/sbin" "$root" &&
		ln -s usr/lib "$root/lib" && ln -s usr/lib64 "$root/lib64" || return 1
	printf '%s\n' root:x:0:0::/:/bin/sh \
		_iked:x:65432:65432::/var/lib/openiked/empty:/bin/false >"$root/etc/passwd"
	printf '%s\n' root:x:0: _iked:x:65432: >"$root/etc/group"
	(umask 077 && cat >"$root/etc/iked.conf")
}

# Starts the daemon of peer $1 in its namespace.
openiked_start() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	lab_spawn "$1" "$1" sh -c 'mount --bind /usr "$0/usr" && mount --rbind /dev "$0/dev" &&
		mount --bind /proc "$0/proc" && exec chroot "$0" /sbin/iked -d -v' \
		"$LAB_DIR/$1/root"
}

# True when the daemon of peer $1 has an IKE SA with $2, by its log.
openiked_has() {
	grep -q "established peer $2:" "$LAB_DIR/log/$1.log"
}
