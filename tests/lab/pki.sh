# shellcheck shell=bash
# Certificates so large that IKE_AUTH does not fit into one packet. Sourced by lib.sh.
#
# A root, an authority under it, and one certificate each for the gateways and for the clients,
# all RSA with 4096 bits. They are made on the machine itself, where that takes seconds, and
# serve for a day.

# Prints where keys and certificates are kept.
pki_cache() {
	echo "${PKI_CACHE:-${BUILD:?}/pki}"
}

# Prints why there are no certificates here; nothing when there are.
pki_missing() {
	[ -f "$(pki_cache)/ready" ] || echo "no certificates, see $(pki_cache).log"
}

# Makes key and certificate $1 in the present directory, signed by $2 (itself when empty), the
# rest being extensions.
pki_certificate() {
	local name=$1 issuer=$2 extension options=()
	shift 2
	[ -z "$issuer" ] || options=(-CA "$issuer.pem" -CAkey "$issuer.key")
	for extension; do options+=(-addext "$extension"); done
	openssl req -x509 -newkey rsa:4096 -nodes -sha256 -days 7 -subj "/O=The lab/CN=$name" \
		-keyout "$name.key" -out "$name.pem" "${options[@]}"
}

# Makes all of them in directory $1.
pki_make() (
	umask 077
	mkdir -p "$1" && cd "$1" || exit 1
	pki_certificate root "" basicConstraints=critical,CA:TRUE &&
		pki_certificate authority root basicConstraints=critical,CA:TRUE &&
		pki_certificate gateway authority basicConstraints=CA:FALSE \
			subjectAltName=DNS:gateway &&
		pki_certificate client authority basicConstraints=CA:FALSE \
			"subjectAltName=$(printf 'DNS:c%d,' 1 2 3 4 5 6 7)DNS:c8"
)

# Sees to it that the cache has certificates of today.
pki_prepare() (
	cache=$(pki_cache)
	mkdir -p "${cache%/*}" && exec {lock}>"$cache.lock" && flock "$lock" || exit 1
	[ -z "$(find "$cache/ready" -mtime -1 2>/dev/null)" ] || exit 0
	rm -rf "$cache" "$cache.new"
	pki_make "$cache.new" && mv "$cache.new" "$cache" && touch "$cache/ready"
) >>"$(pki_cache).log" 2>&1

# Gives peer $1 the certificate $2, its key and the root. Only clients have the authority's
# certificate: who knows only the root asks for the rest, and thus IKE_AUTH grows.
pki_install() {
	local dir=$LAB_DIR/$1/swanctl cache
	cache=$(pki_cache)
	mkdir -p "$dir/x509" "$dir/x509ca" "$dir/private" &&
		cp "$cache/root.pem" "$dir/x509ca/" &&
		cp "$cache/$2.pem" "$dir/x509/" && cp "$cache/$2.key" "$dir/private/" || return 1
	[ "$2" = gateway ] || cp "$cache/authority.pem" "$dir/x509ca/"
}
