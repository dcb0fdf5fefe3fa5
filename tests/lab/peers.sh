# shellcheck shell=bash
# The IKE peers: one strongSwan in every client and real server. Sourced by lib.sh.

PEER_CHARON=/usr/lib/ipsec/charon
PEER_PLUGINS="random nonce openssl pem pkcs1 x509 pubkey curve25519 hmac sha1 sha2 aes gcm kdf"
PEER_SECRET=
PEER_ESP_IN_KERNEL=
PEER_ENCAP=no
PEER_LABELS=no
PEER_LISTEN=
PEER_COOKIES=no
PEER_AUTH=psk
PEER_FRAGMENTATION=yes
PEER_MOBIKE=no
PEER_DPD=0s
PEER_SERVER_DPD=0s
PEER_CHILD="esp_proposals = aes128-sha256"

# True when this kernel can do ESP itself; tried in a namespace of its own, once a run.
peers_kernel_esp() {
	local ns=${LAB_PREFIX}esp
	if [ -z "$PEER_ESP_IN_KERNEL" ]; then
		ip netns add "$ns"
		PEER_ESP_IN_KERNEL=no
		ip -n "$ns" xfrm state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x1000 \
			mode tunnel aead 'rfc4106(gcm(aes))' \
			0x000102030405060708090a0b0c0d0e0f10111213 128 2>/dev/null &&
			PEER_ESP_IN_KERNEL=yes
		ip netns del "$ns"
	fi
	[ "$PEER_ESP_IN_KERNEL" = yes ]
}

# Prints in one word where the peers' ESP is done.
peers_esp_where() {
	if peers_kernel_esp; then echo kernel; else echo userspace; fi
}

# Has the peers put ESP in UDP although no NAT stands between; before they are started.
peers_force_encap() {
	PEER_ENCAP=yes
}

# Has the peers use AH in the place of ESP; before they are started.
peers_use_ah() {
	PEER_CHILD="ah_proposals = sha256"
}

# Has the peers sign with the certificates of pki.sh; before they are started.
peers_use_certificates() {
	PEER_AUTH=pubkey
}

# Has clients that are started from now on leave it to IP to divide large messages.
peers_no_ike_fragments() {
	PEER_FRAGMENTATION=no
}

# Has the peers tell each other when an address changes (RFC 4555); before they are started.
peers_use_mobike() {
	PEER_MOBIKE=yes
}

# Has clients that are started from now on ask their server once a second whether it lives.
peers_use_dpd() {
	PEER_DPD=1s
}

# Has the servers ask after a client that was silent for $1 seconds; before they are started.
peers_server_dpd() {
	PEER_SERVER_DPD=$1s
}

# Prints why peers cannot run here; nothing when they can.
peers_missing() {
	[ -x "$PEER_CHARON" ] || echo "no $PEER_CHARON (strongswan-charon)"
	command -v swanctl >/dev/null || echo "no swanctl (strongswan-swanctl)"
	peers_kernel_esp && return
	[ -c /dev/net/tun ] || echo "neither ESP in the kernel nor /dev/net/tun"
	[ -e /usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so ] ||
		echo "no ESP in the kernel and no kernel-libipsec (libcharon-extra-plugins)"
}

# Prints the links whose addresses peer $1 keeps from its peers: by MOBIKE a real server would
# tell clients its own ones, and they would come to it past the director.
peer_hidden() {
	case $1$PEER_MOBIKE in s*yes) echo "lan, ret" ;; esac
}

# Has real server N write N into the first byte of its IKE SPIs, and cN into that of its ESP
# SPIs where the kernel makes these; before they are started.
servers_use_labels() {
	PEER_LABELS=yes
}

# Prints what makes peer $1 do so, if it is a real server.
peer_labels() {
	[ "$PEER_LABELS" = yes ] || return 0
	case $1 in
	s*) printf 'spi_label = 0x0%s00000000000000\n' "${1#s}"
		echo "spi_mask = 0xff00000000000000"
		printf 'spi_min = 0xc%s000000\nspi_max = 0xc%sffffff\n' "${1#s}" "${1#s}" ;;
	esac
}

# Has real servers ask for cookies themselves while one handshake is half open; before they
# are started.
servers_use_cookies() {
	PEER_COOKIES=yes
}

# Prints what makes peer $1 do so, if it is a real server.
peer_cookies() {
	case $1$PEER_COOKIES in s*yes) echo "cookie_threshold = 1" ;; esac
}

# Prints the strongswan.conf of peer $1.
peer_daemon_config() {
	local dir=$LAB_DIR/$1 kernel=kernel-netlink
	peers_kernel_esp || kernel="kernel-libipsec kernel-netlink"
	cat <<-END
		charon {
			load = $PEER_PLUGINS $kernel socket-default vici updown
			install_virtual_ip = no
			interfaces_ignore = $(peer_hidden "$1")
			$(peer_labels "$1")
			$(peer_cookies "$1")
			retransmit_timeout = 1.0
			retransmit_base = 1.3
			retransmit_tries = 6
			i_dont_care_about_security_and_use_aggressive_mode_psk = yes
			plugins { vici { socket = unix://$dir/vici } }
			filelog { log { path = $LAB_DIR/log/$1-charon.log
				default = 1
				flush_line = yes } }
		}
		swanctl {
			load = $PEER_PLUGINS
			socket = unix://$dir/vici
		}
	END
}

# Prints who one is ($1) and who the other ($2); certificate $3 proves it unless a secret does.
peer_auth() {
	case $PEER_AUTH in
	pubkey) echo "local { auth = pubkey
		certs = $3.pem
		id = $1 }" ;;
	*) echo "local { auth = psk
		id = $1 }" ;;
	esac
	echo "remote { auth = $PEER_AUTH
		id = $2 }"
}

# Prints the connections of client $1, which speaks IKE version $2 (1, 2, or 1-aggressive)
# with VIP $3.
client_connection() {
	local local_address aggressive=no
	case $2 in *-aggressive) aggressive=yes ;; esac
	local_address=$(client_address "$1")
	case $3 in *:*) local_address=$(client_address6 "$1") ;; esac
	cat <<-END
		connections { vpn {
			version = ${2%%-*}
			aggressive = $aggressive
			local_addrs = $local_address
			remote_addrs = $3
			mobike = $PEER_MOBIKE
			encap = $PEER_ENCAP
			dpd_delay = $PEER_DPD
			proposals = aes128-sha256-x25519
			fragmentation = $PEER_FRAGMENTATION
			$(peer_auth "c$1" gateway client)
			children { inner {
				local_ts = $(client_inner "$1")/32
				remote_ts = $LAB_INNER/32
				$PEER_CHILD
			} host {
				mode = transport
				$PEER_CHILD
			} }
		} }
		secrets { ike-lab { secret = "$PEER_SECRET" } }
	END
}

# Prints the addresses that real servers speak IKE at.
server_listens() {
	case $LAB_METHOD$PEER_LISTEN in
	nat | *%any) echo %any ;;
	*) echo "$LAB_VIP, $LAB_VIP_B, $LAB_VIP6" ;;
	esac
}

# Prints connection $1 of a real server, IKE version $2 (0: any), aggressive mode $3.
server_connection() {
	cat <<-END
		$1 {
			version = $2
			aggressive = $3
			local_addrs = $(server_listens)
			remote_addrs = %any
			mobike = $PEER_MOBIKE
			encap = $PEER_ENCAP
			dpd_delay = $PEER_SERVER_DPD
			proposals = aes128-sha256-x25519
			$(peer_auth gateway %any gateway)
			children { inner {
				local_ts = $LAB_INNER/32
				remote_ts = 10.98.0.0/16
				$PEER_CHILD
			} host {
				mode = transport
				$PEER_CHILD
			} }
		}
	END
}

# Prints the connections of a real server: both IKE versions, any client of the lab.
server_connections() {
	echo "connections {"
	server_connection vpn 0 no
	server_connection old 1 yes
	echo "}"
	echo "secrets { ike-lab { secret = \"$PEER_SECRET\" } }"
}

# Makes the directory of peer $1; the connections come on stdin.
peer_write() {
	mkdir -p "$LAB_DIR/$1/swanctl"
	(umask 077 && cat >"$LAB_DIR/$1/swanctl/swanctl.conf")
	peer_daemon_config "$1" >"$LAB_DIR/$1/strongswan.conf"
	case $PEER_AUTH,$1 in
	psk,*) ;;
	*,c*) pki_install "$1" client ;;
	*) pki_install "$1" gateway ;;
	esac
}

# Starts the daemon of peer $1 in its namespace, with a /run of its own for its pid file.
peer_start() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	lab_spawn "$1" "$1" env STRONGSWAN_CONF="$LAB_DIR/$1/strongswan.conf" \
		sh -c 'mount -t tmpfs lab /run && exec "$0"' "$PEER_CHARON"
}

# Waits for the daemon of peer $1 and loads its connections.
peer_load() {
	lab_until 150 test -S "$LAB_DIR/$1/vici" ||
		lab_die "strongSwan of $1 did not start, see $LAB_DIR/log/$1-charon.log"
	peer_ctl "$1" --load-all --noprompt --file "$LAB_DIR/$1/swanctl/swanctl.conf" \
		>>"$LAB_DIR/log/$1-load.log" 2>&1
}

# Runs swanctl against peer $1; a daemon that hangs must not hang the lab.
peer_ctl() {
	local peer=$1
	shift
	STRONGSWAN_CONF=$LAB_DIR/$peer/strongswan.conf SWANCTL_DIR=$LAB_DIR/$peer/swanctl \
		timeout 60 swanctl "$@"
}

# Sees to it that the peers have a secret to share.
peers_secret() {
	[ -n "$PEER_SECRET" ] || PEER_SECRET=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
}

# Starts a strongSwan in every real server.
servers_start() {
	local i
	peers_secret
	for ((i = 1; i <= LAB_SERVERS; i++)); do
		server_connections | peer_write "s$i"
		peer_start "s$i"
	done
	for ((i = 1; i <= LAB_SERVERS; i++)); do peer_load "s$i" || return 1; done
}

# Starts a strongSwan at the director itself, set up like a real server's.
director_peer_start() {
	link_configure dir lo "$LAB_VIP/32" "$LAB_VIP6/128" "$LAB_INNER/32"
	server_connections | peer_write dir
	peer_start dir
	peer_load dir
}

# Starts a strongSwan in clients $3 to $4 (all when not given), IKE version $1, VIP $2.
clients_start() {
	local i first=${3:-1} last=${4:-$LAB_CLIENTS}
	for ((i = first; i <= last; i++)); do
		client_connection "$i" "$1" "$2" | peer_write "c$i"
		peer_start "c$i"
	done
	for ((i = first; i <= last; i++)); do peer_load "c$i" || return 1; done
}

# Client $1 builds its tunnel; true when both the IKE SA and the child are up.
client_initiate() {
	peer_ctl "c$1" --initiate --child inner --timeout "${2:-15}" \
		>>"$LAB_DIR/log/c$1-initiate.log" 2>&1
}

# Clients $1 to $2 build their tunnels one after the other; prints how many came up.
clients_initiate() {
	local i up=0
	for ((i = $1; i <= $2; i++)); do client_initiate "$i" && up=$((up + 1)); done
	echo "$up"
}

# Client $1 gives its tunnel up without waiting for the server's word.
client_forget() {
	peer_ctl "c$1" --terminate --ike vpn --force --timeout 2 >/dev/null 2>&1
}

# Pings the inner address behind the gateway from client $1, $2 times; true when all came back.
client_ping() {
	lab_in "c$1" ping -q -n -i 0.2 -c "${2:-1}" -w $((${2:-1} + 5)) \
		-I "$(client_inner "$1")" "$LAB_INNER" >>"$LAB_DIR/log/c$1-ping.log" 2>&1
}

# Pings once from client $1 and waits a second; for pings that should get no answer.
client_ping_once() {
	lab_in "c$1" ping -q -n -c 1 -W 1 -I "$(client_inner "$1")" "$LAB_INNER" \
		>>"$LAB_DIR/log/c$1-ping.log" 2>&1
}

# Sends one datagram from client $1 to the VIP's port $2.
client_datagram() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	lab_in "c$1" bash -c 'echo x >"/dev/udp/$0/$1"' "$LAB_VIP" "$2"
}

# Pings the VIP $2 from client $1 itself, $3 times: through a transport mode child if it has one.
client_ping_host() {
	lab_in "c$1" ping -q -n -i 0.2 -c "$3" -w $(($3 + 5)) "$2" \
		>>"$LAB_DIR/log/c$1-ping.log" 2>&1
}

# Pings from clients $1 to $2; prints how many were answered.
clients_ping() {
	local i answered=0
	for ((i = $1; i <= $2; i++)); do client_ping "$i" && answered=$((answered + 1)); done
	echo "$answered"
}

# Prints the addresses of the clients that have an IKE SA with server $1, in order.
server_clients() {
	[ ! -d "$LAB_DIR/s$1/nss" ] || { libreswan_server_clients "$1" && return; }
	peer_ctl "s$1" --list-sas |
		sed -n "s/^  remote '[^']*' @ \([0-9a-fA-F.:]*\)\[.*/\1/p" | sort -u
}

# Prints the number of the server that has an IKE SA with the client of address $1.
server_of_client() {
	local i
	for ((i = 1; i <= LAB_SERVERS; i++)); do
		if server_clients "$i" | grep -qxF "$1"; then echo "$i"; fi
	done
}

# Prints how many clients each server has, as in "3/3".
servers_spread() {
	local i spread=
	for ((i = 1; i <= LAB_SERVERS; i++)); do
		spread=$spread/$(server_clients "$i" | wc -l)
	done
	echo "${spread#/}"
}
