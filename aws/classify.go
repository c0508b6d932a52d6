package aws

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// classify finds an error's code and message. The SDK gives types to few of
// the errors of its credential chain; the others are told by their text.
func classify(err error) (code, message string) {
	for _, find := range []func(error) string{noCredentials, proxy, network, expiredLogin, configuration, notAWS} {
		if code := find(err); code != "" {
			return code, cause(err)
		}
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return refine(api.ErrorCode(), api.ErrorMessage()), api.ErrorMessage()
	}
	return "", cause(err)
}

// cause leaves out the SDK's own layers ("operation error STS: …, https
// response error StatusCode: 0, …") where what is under them says it all.
func cause(err error) string {
	var request *url.Error
	var process *processError
	var bad *settingError
	var code *noCodeError
	switch {
	case proxy(err) != "":
		return "the proxy does not let the request through" // its address may hold a password
	case errors.As(err, &process):
		return process.Error()
	case errors.As(err, &bad):
		return bad.Error()
	case errors.As(err, &code):
		return code.err.Error()
	case errors.As(err, &request):
		return request.Err.Error()
	case notAWS(err) != "":
		return unreadable(err)
	}
	return err.Error()
}

// notAWS knows answers that are none of AWS's, and those that were cut off: they
// cannot be decoded, or tell no code.
func notAWS(err error) string {
	var broken *smithy.DeserializationError
	var syntax *xml.SyntaxError
	var api smithy.APIError
	switch {
	case errors.As(err, &broken), errors.As(err, &syntax):
		return codeNotAWS
	case errors.As(err, &api) && api.ErrorCode() == unknownError && (api.ErrorMessage() == "" || api.ErrorMessage() == unknownError):
		return codeNotAWS
	}
	return ""
}

// unknownError is the SDK's code, and its message, for an answer that tells none.
const unknownError = "UnknownError"

// unreadable says how such an answer is, and quotes nothing of it.
func unreadable(err error) string {
	var response *smithyhttp.ResponseError
	status := 0
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	switch text := err.Error(); {
	case strings.Contains(text, "unexpected EOF"), strings.Contains(text, "unexpected end of JSON input"):
		return "the answer was cut off, or is not AWS's" // a page whose end nobody wrote looks the same
	case status >= 500:
		return fmt.Sprintf("what answered, with the HTTP status %d, is not AWS, or AWS has a problem of its own", status)
	case status >= 300:
		return fmt.Sprintf("what answered, with the HTTP status %d, is not AWS", status)
	}
	return "what answered is not AWS"
}

// proxy knows the errors of Go's HTTP client for a proxy.
func proxy(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "proxyconnect" {
		return codeProxy
	}
	for _, text := range []string{"invalid proxy address", "Proxy Authentication Required", "proxyconnect"} {
		if strings.Contains(err.Error(), text) {
			return codeProxy
		}
	}
	return ""
}

// noCredentials must be asked before network: at its end the chain tries the
// instance metadata's address, where elsewhere than on EC2 nobody answers.
func noCredentials(err error) string {
	for _, text := range []string{
		"no EC2 IMDS role found",
		"static credentials are empty",
		"failed to retrieve credentials, the client does not have", // anonymous
	} {
		if strings.Contains(err.Error(), text) {
			return codeNoCredentials
		}
	}
	return ""
}

func network(err error) string {
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var op *net.OpError
	switch {
	case errors.As(err, &dns) && !dns.IsTimeout:
		return codeNoName
	case errors.As(err, &unknown), errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &record):
		return codeTLS
	case timedOut(err):
		return codeTimeout
	case errors.As(err, &op):
		return codeOffline
	}
	return ""
}

func timedOut(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

func expiredLogin(err error) string {
	var sso *ssocreds.InvalidTokenError
	if errors.As(err, &sso) {
		return codeSSOExpired
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "cached SSO token"), strings.Contains(text, "refresh SSO token"),
		strings.Contains(text, "SSO: GetRoleCredentials") && strings.Contains(text, "UnauthorizedException"):
		return codeSSOExpired
	case strings.Contains(text, "failed to retrieve jwt"):
		return codeNoToken
	case strings.Contains(text, "please reauthenticate"):
		return codeLoginExpired
	}
	return ""
}

func configuration(err error) string {
	var noProfile config.SharedConfigProfileNotExistError
	var noMFA config.AssumeRoleTokenProviderNotSetError
	var noCode *noCodeError
	var noRole config.SharedConfigAssumeRoleError
	var noARN config.CredentialRequiresARNError
	var broken config.SharedConfigLoadError
	var bad *settingError
	var absent *noProfileError
	var process *processError
	switch {
	case errors.As(err, &noMFA), errors.As(err, &noCode):
		return codeMFANeeded
	case errors.As(err, &noRole), errors.As(err, &noARN), errors.As(err, &broken), errors.As(err, &bad):
		return codeConfigBroken // also when a role's source profile is missing
	case errors.As(err, &noProfile), errors.As(err, &absent):
		return codeProfileMissing
	case errors.As(err, &process):
		return codeProcessFailed
	}
	return ""
}

// refine tells apart what AWS gives one code for.
func refine(code, message string) string {
	switch {
	case strings.Contains(message, "MultiFactorAuthentication failed"):
		// "… with invalid MFA one time pass code" and "…, must provide both MFA
		// serial number and one time pass code"
		if strings.Contains(message, "must provide") {
			return codeMFANeeded
		}
		return codeMFAWrong
	case strings.Contains(message, "Signature expired"), strings.Contains(message, "Signature not yet current"),
		code == "RequestTimeTooSkewed", code == "RequestInTheFuture":
		return codeClockSkew
	case code == "InvalidParameterCombination" && strings.Contains(message, "not eligible for Free Tier"):
		return codeNotEligible
	case code == "MissingInput" && strings.Contains(strings.ToLower(message), "subnet"):
		return codeNoDefaultSubnet
	case code == "VPCIdNotSpecified", code == "DefaultVpcDoesNotExist":
		return codeNoDefaultVPC
	case code == "OptInRequired" && strings.Contains(message, "region"):
		return codeRegionNotEnabled
	}
	return code
}
