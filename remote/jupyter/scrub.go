package jupyter

import "regexp"

// Secrets in logs: tokens in URLs and headers, passwords in index URLs.
var (
	tokenInURL    = regexp.MustCompile(`(?i)([?&;]|\b)(token|access_token|_xsrf)=[^&\s"'<>)]+`)
	tokenInHeader = regexp.MustCompile(`(?i)\b(authorization['"]?\s*[:=]\s*['"]?(?:token|bearer|basic)\s+)[^\s"',}]+`)
	userInURL     = regexp.MustCompile(`(://)[^/@\s]+@`)
)

// Scrub takes tokens and passwords out of a line of a log.
func Scrub(line string) string {
	line = tokenInURL.ReplaceAllString(line, "${1}${2}=[secret]")
	line = tokenInHeader.ReplaceAllString(line, "${1}[secret]")
	return userInURL.ReplaceAllString(line, "${1}[secret]@")
}
