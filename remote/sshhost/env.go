package sshhost

import (
	"path/filepath"
	"strings"
)

// passed names the variables of the program's environment that reach a host:
// language and time, and how to reach a package index. An allow-list, so that
// no credential of the person's gets there. A trailing * stands for any rest.
//
// Names: https://pip.pypa.io/en/stable/topics/configuration/ (PIP_ and an
// option's name), https://docs.astral.sh/uv/reference/environment/.
var passed = []string{
	"LANG", "LANGUAGE", "LC_*", "TZ",
	"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_TRUSTED_HOST",
	"PIP_CERT", "PIP_PROXY", "PIP_TIMEOUT", "PIP_DEFAULT_TIMEOUT", "PIP_RETRIES",
	"PIP_DISABLE_PIP_VERSION_CHECK", "PIP_USE_FEATURE", "PIP_USE_DEPRECATED",
	"UV_INDEX*", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX",
	"UV_INSECURE_HOST", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_HTTP_TIMEOUT", "UV_HTTP_RETRIES", "UV_OFFLINE",
	"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY",
	"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NIX_SSL_CERT_FILE",
	"GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS",
}

// certFiles are the passed variables whose value is a file of certificates.
var certFiles = []string{
	"PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NIX_SSL_CERT_FILE",
	"GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS",
}

// secretEndings end the names of variables that are passwords whatever they
// begin with, such as UV_INDEX_WORK_PASSWORD.
var secretEndings = []string{"_PASSWORD", "_USERNAME", "_TOKEN", "_SECRET", "_KEY"}

// settings picks from environ what a host is given, and fills in the index
// settings that are only in pip's own files (read answers a file's content).
// uv reads no pip settings, so it is told the same index unless it has its own.
func settings(environ []string, read func(path string) ([]byte, error)) map[string]string {
	all := parseEnviron(environ)
	given := map[string]string{}
	for name, value := range all {
		if value != "" && isPassed(name) {
			given[name] = value
		}
	}
	for _, path := range pipFiles(all) {
		content, err := read(path)
		if err != nil {
			continue // not there, as most of them
		}
		for name, value := range pipSettings(content) {
			if given[name] == "" && isPassed(name) {
				given[name] = value
			}
		}
	}
	if given["UV_DEFAULT_INDEX"] == "" && given["UV_INDEX_URL"] == "" && given["UV_INDEX"] == "" {
		alias(given, "PIP_INDEX_URL", "UV_DEFAULT_INDEX")
		alias(given, "PIP_EXTRA_INDEX_URL", "UV_INDEX")
	}
	if links := given["PIP_FIND_LINKS"]; links != "" && given["UV_FIND_LINKS"] == "" {
		given["UV_FIND_LINKS"] = strings.Join(strings.Fields(links), ",") // uv's list has commas
	}
	alias(given, "PIP_TRUSTED_HOST", "UV_INSECURE_HOST")
	alias(given, "PIP_CERT", "SSL_CERT_FILE")
	if given["LANG"] == "" && given["LC_ALL"] == "" {
		given["LANG"] = "C.UTF-8"
	}
	return given
}

// alias gives to the value of from, unless it has one of its own.
func alias(env map[string]string, from, to string) {
	if env[to] == "" && env[from] != "" {
		env[to] = env[from]
	}
}

// isPassed reports whether the variable reaches a host.
func isPassed(name string) bool {
	for _, end := range secretEndings {
		if strings.HasSuffix(name, end) {
			return false
		}
	}
	for _, p := range passed {
		if prefix, open := strings.CutSuffix(p, "*"); p == name || open && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// isClients reports whether a client may set the variable by an SSH "env" request:
// AcceptEnv of Ubuntu's sshd_config.
func isClients(name string) bool {
	return name == "LANG" || strings.HasPrefix(name, "LC_") || name == "COLORTERM" || name == "NO_COLOR"
}

// pipFiles are the files pip would read, the weightiest first.
func pipFiles(env map[string]string) []string {
	var files []string
	if f := env["PIP_CONFIG_FILE"]; f != "" {
		files = append(files, f)
	}
	if home := env["HOME"]; home != "" {
		config := env["XDG_CONFIG_HOME"]
		if config == "" {
			config = filepath.Join(home, ".config")
		}
		files = append(
			files,
			filepath.Join(config, "pip", "pip.conf"),
			filepath.Join(home, "Library", "Application Support", "pip", "pip.conf"),
			filepath.Join(home, ".pip", "pip.conf"),
		)
	}
	return append(files, "/etc/pip.conf", "/etc/xdg/pip/pip.conf", "/Library/Application Support/pip/pip.conf")
}

// parseEnviron turns NAME=value lines into a map.
func parseEnviron(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, line := range environ {
		if name, value, ok := strings.Cut(line, "="); ok {
			env[name] = value
		}
	}
	return env
}

// environ is the reverse of parseEnviron.
func environ(env map[string]string) []string {
	lines := make([]string, 0, len(env))
	for name, value := range env {
		lines = append(lines, name+"="+value)
	}
	return lines
}
