# shellcheck shell=bash
# Libreswan as a peer. Sourced by lib.sh.
#
# Debian does not install it beside strongSwan, so its package and those it needs are unpacked
# into a directory of their own and its programs run from there: they find their libraries by
# LD_LIBRARY_PATH and get every other path as an option. It needs ESP in the kernel.

PEER_NAT=yes
LIBRESWAN_LIBS=usr/lib/x86_64-linux-gnu

# Prints where Libreswan is kept.
libreswan_cache() {
	echo "${LIBRESWAN_CACHE:-${BUILD:?}/libreswan}"
}

# Prints why Libreswan cannot run here; nothing when it can.
libreswan_missing() {
	[ -f "$(libreswan_cache)/ready" ] ||
		echo "no Libreswan in $(libreswan_cache), see $(libreswan_cache).log"
	peers_kernel_esp || echo "Libreswan needs ESP in the kernel"
}

# Prints the packages that Libreswan would bring here: those it needs and this machine lacks.
libreswan_packages() {
	apt-get install -s --no-install-recommends libreswan |
		sed -n 's/^Inst \([^ ]*\) .*/\1/p'
}

# Unpacks Libreswan in directory $1, with an empty database for its keys.
libreswan_unpack() {
	local new=$1 packages file
	packages=$(libreswan_packages)
	# A machine that never asked has no list of packages.
	[ -n "$packages" ] || apt-get -q update && packages=$(libreswan_packages)
	[ -n "$packages" ] || return 1
	# shellcheck disable=SC2086 # a list of words
	vm_fetch "$new/deb" $packages && mkdir -p "$new/root" "$new/nss" || return 1
	for file in "$new"/deb/*.deb; do
		dpkg-deb --fsys-tarfile "$file" | tar -x -C "$new/root" --no-same-owner ./usr ||
			return 1
	done
	rm -rf "$new/deb"
	LD_LIBRARY_PATH=$new/root/$LIBRESWAN_LIBS \
		"$new/root/usr/bin/certutil" -N -d "sql:$new/nss" --empty-password
}

# Sees to it that the cache has Libreswan; where the network is, not in a guest.
libreswan_prepare() (
	cache=$(libreswan_cache)
	mkdir -p "${cache%/*}" && exec {lock}>"$cache.lock" && flock "$lock" || exit 1
	[ ! -f "$cache/ready" ] || exit 0
	rm -rf "$cache" "$cache.new"
	libreswan_unpack "$cache.new" && mv "$cache.new" "$cache" && touch "$cache/ready"
) >>"$(libreswan_cache).log" 2>&1

# Prints the address of client $1 in the family that name $2 of a connection ends with.
libreswan_client_address() {
	case $2 in
	*6) client_address6 "$1" ;;
	*) client_address "$1" ;;
	esac
}

# Prints what is made of a NAT that the peers find: ESP in UDP, with PEER_NAT=no nothing.
libreswan_encapsulation() {
	case $PEER_ENCAP$PEER_NAT in
	yes*) echo yes ;;
	nono) echo no ;;
	*) echo auto ;;
	esac
}

# Prints the connection of client $1 named $3 ("tunnel", "transport", with 6 over IPv6) in IKE
# version $2 (1, 2, 1-aggressive) with VIP $5; $4 is the side it is for, client or server.
libreswan_connection() {
	local here there here_id=@c$1 there_id=@gateway here_net there_net kind=tunnel
	here=$(libreswan_client_address "$1" "$3") there=$5
	here_net=$(client_inner "$1")/32 there_net=$LAB_INNER/32
	[ "$4" = client ] || {
		set -- "$@" "$here" "$here_id" "$here_net"
		here=$there here_id=$there_id here_net=$there_net
		there=$6 there_id=$7 there_net=$8
		[ "$LAB_METHOD" != nat ] || here=%defaultroute
	}
	case $3 in transport*) kind=transport ;; esac
	cat <<-END
		conn c$1-$3
		  type=$kind
		  authby=secret
		  auto=add
		  left=$here
		  leftid=$here_id
		  right=$there
		  rightid=$there_id
		  ikev2=$(case $2 in 2) echo insist ;; *) echo never ;; esac)
		  aggressive=$(case $2 in *-aggressive) echo yes ;; *) echo no ;; esac)
		  encapsulation=$(libreswan_encapsulation)
		  ike=aes128-sha2_256-dh31
		  esp=aes128-sha2_256
		  pfs=no
		  leftupdown=%disabled
		  retransmit-interval=1000
		  retransmit-timeout=20s
	END
	case $kind in
	tunnel) printf '  leftsubnet=%s\n  rightsubnet=%s\n' "$here_net" "$there_net" ;;
	esac
}

# Makes the directory of peer $1; the connections come on stdin.
libreswan_write() {
	local dir=$LAB_DIR/$1
	mkdir -p "$dir/run" && cp -r "$(libreswan_cache)/nss" "$dir/nss" || return 1
	{
		printf 'config setup\n  ikev1-policy=accept\n'
		cat
	} >"$dir/ipsec.conf"
	(umask 077 && echo ": PSK \"$PEER_SECRET\"" >"$dir/ipsec.secrets")
}

# Starts the daemon of peer $1 in its namespace; it calls a program by its path, which in
# here is another.
libreswan_start() {
	local dir=$LAB_DIR/$1 root
	root=$(libreswan_cache)/root
	# shellcheck disable=SC2016 # expanded by the inner shell
	lab_spawn "$1" "$1" env LD_LIBRARY_PATH="$root/$LIBRESWAN_LIBS" \
		sh -c 'mount --bind "$0" /usr/libexec && exec /usr/libexec/ipsec/pluto "$@"' \
		"$root/usr/libexec" --nofork --stderrlog --no-dnssec \
		--config "$dir/ipsec.conf" --secretsfile "$dir/ipsec.secrets" \
		--nssdir "$dir/nss" --ipsecdir "$dir" --rundir "$dir/run"
	echo "$LAB_SPAWNED" >"$dir/pid"
}

# Waits until the daemon of peer $1 has all its connections, which it reads itself.
libreswan_load() {
	lab_until 300 libreswan_settled "$1"
	libreswan_loaded "$1" ||
		lab_die "Libreswan of $1 did not start, see $LAB_DIR/log/$1.log"
}

# True when the daemon of peer $1 has all its connections; secrets come last.
libreswan_loaded() {
	grep -q ': loading secrets from' "$LAB_DIR/log/$1.log" &&
		! grep -q ': failed to add' "$LAB_DIR/log/$1.log"
}

# True when the daemon of peer $1 has them or is gone.
libreswan_settled() {
	libreswan_loaded "$1" || ! lab_alive "$(cat "$LAB_DIR/$1/pid")"
}

# Runs whack against peer $1; a daemon that hangs must not hang the lab.
libreswan_ctl() {
	local dir=$LAB_DIR/$1 cache
	shift
	cache=$(libreswan_cache)
	LD_LIBRARY_PATH=$cache/root/$LIBRESWAN_LIBS timeout 60 \
		"$cache/root/usr/libexec/ipsec/whack" --rundir "$dir/run" "$@"
}

# Prints the connections of the lists "CLIENT IKE-VERSION NAME" for side $1.
libreswan_connections() {
	local side=$1 words vip
	shift
	for words; do
		case $words in
		*6) vip=$LAB_VIP6 ;;
		*) vip=$LAB_VIP ;;
		esac
		# shellcheck disable=SC2086 # three words
		libreswan_connection $words "$side" "$vip"
	done
}

# Starts a Libreswan in every real server, with connections as libreswan_connections has them.
libreswan_servers_start() {
	local i
	peers_secret
	for ((i = 1; i <= LAB_SERVERS; i++)); do
		libreswan_connections server "$@" | libreswan_write "s$i" || return 1
		libreswan_start "s$i"
	done
	for ((i = 1; i <= LAB_SERVERS; i++)); do libreswan_load "s$i"; done
}

# Starts a Libreswan in client $1, with connections "IKE-VERSION NAME".
libreswan_client_start() {
	local client=$1
	shift
	libreswan_connections client "${@/#/$client }" | libreswan_write "c$client" &&
		libreswan_start "c$client"
	libreswan_load "c$client"
}

# Client $1 builds connection $2; true when the child is up.
libreswan_initiate() {
	libreswan_ctl "c$1" --initiate --name "c$1-$2" >>"$LAB_DIR/log/c$1-initiate.log" 2>&1
}

# Prints the addresses of the clients that have an IKE SA with server $1, in order.
libreswan_server_clients() {
	local client name
	libreswan_ctl "s$1" --status |
		sed -n 's/^000 #.*: "c\([0-9]*\)-\([^"]*\)".*(\(established \)*IKE SA.*/\1 \2/p' |
		while read -r client name; do
			libreswan_client_address "$client" "$name"
			echo
		done | sort -u
}

# Claims what clients 1 to 4 sent to the servers by turns, captured as to-gw1 and to-gw2: the first
# in its tunnel, in transport mode, and in the tunnel after new keys, the last in UDP, and the
# tunnels of all used twice.
expect_all_sorts() {
	expect_captured "plain ESP of client 1" 7 to-gw1 proto 50 and host "$(client_address 1)"
	expect "SPIs of it: tunnel, transport, tunnel with new keys" 3 \
		"$(capture_spis to-gw1 proto 50 and host "$(client_address 1)" | wc -l)"
	expect "IKE SAs of client 1" 2 \
		"$(capture_cookies to-gw1 host "$(client_address 1)" | wc -l)"
	expect_captured "plain ESP of client 3" 2 to-gw1 proto 50 and host "$(client_address 3)"
	expect_captured "plain ESP of client 2" 2 to-gw2 proto 50 and host "$(client_address 2)"
	expect_captured "plain ESP of client 4" 0 to-gw2 proto 50 and host "$(client_address 4)"
	expect_captured "ESP in UDP of client 4" 2 to-gw2 "$CAPTURE_ESP_IN_UDP"
}
