# The gateway's own certificate, beside those of the system's authorities.
for ca in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
	[ ! -r "$ca" ] || break
done
umask=$(umask)
umask 077
{
	[ ! -r "$ca" ] || cat "$ca"
	echo
	cat "$here/gateway.pem"
} >"$here/authorities.pem" || exit 1
umask "$umask"
SSL_CERT_FILE=$here/authorities.pem
export SSL_CERT_FILE
