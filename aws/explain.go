package aws

import (
	"fmt"
	"strings"
)

// words are an error for people.
type words struct{ kind, title, text, next string }

// The kinds of error, by what a person does next.
const (
	kindCredentials = "credentials"
	kindRefused     = "refused"
	kindAnswers     = "answers"
	kindUnreachable = "unreachable"
	kindFailed      = "failed"
)

// Explain returns the kind ("credentials", "refused", "answers", "unreachable"
// or "failed"), a short title, what happened, and what to do next.
func (e *Error) Explain() (kind, title, text, next string) {
	w := words{
		kindFailed, "AWS refused a request", e.said("It was not possible to " + e.Doing + ". AWS's code for it is " + e.Code + "."),
		"Try again. If it persists, look up the code in AWS's documentation, or choose something else.",
	}
	if e.Code == "" {
		w.title = "Something between here and AWS failed"
		w.text = "It was not possible to " + e.Doing + ": " + e.Message
		w.next = "Try again. If it persists, check your AWS configuration with: " + e.command("sts get-caller-identity")
	}
	for _, find := range []func() (words, bool){
		e.signInWords, e.keyWords, e.networkWords, e.permissionWords,
		e.quotaWords, e.accountWords, e.changeWords, e.launchWords, e.resourceWords, e.serviceWords,
	} {
		if found, ok := find(); ok {
			w = found
			break
		}
	}
	w = e.elsewhere(w)
	return w.kind, w.title, w.text, w.next
}

// said adds AWS's own message to a sentence.
func (e *Error) said(sentence string) string {
	if e.Message == "" {
		return sentence
	}
	return sentence + " AWS said: " + e.Message
}

// command is an aws command for this profile.
func (e *Error) command(args string) string {
	c := "aws " + args
	if e.Profile != "" && e.Profile != EnvironmentProfile {
		c += " --profile " + quoted(e.Profile)
	}
	return c
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_.@/+-", r)
	}
	if !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'"'"'`) + "'"
}

// here names the region, or says "this region".
func (e *Error) here() string {
	if e.Region == "" {
		return "this region"
	}
	return e.Region
}

// signInWords are for credentials that a person renews by signing in.
func (e *Error) signInWords() (words, bool) {
	switch e.Code {
	case codeNoCredentials:
		return words{
			kindCredentials, "No AWS credentials",
			"This computer has no credentials for " + profileWords(e.Profile) + "." + e.notes(),
			"Run: " + e.command("login") + " (AWS CLI 2.32 or later; signs you in with the browser), or " + e.command("configure") +
				" if you have an access key. Then retry. Without an AWS account, try --sandbox.",
		}, true
	case codeSSOExpired:
		return words{
			kindCredentials, "The SSO session has expired",
			"The sign-in of " + profileWords(e.Profile) + " through IAM Identity Center has expired or was never made.",
			"Run: " + e.command("sso login") + " and then retry.",
		}, true
	case codeNoToken:
		w := words{
			kindCredentials, "The web identity token cannot be read",
			"The credentials of " + e.holder() + " come from a token in a file, and that file cannot be read.",
			"Correct the file's path, or remove the setting if it is left over. Then retry.",
		}
		if at := e.from.credentials; at.known() {
			w.next = "Correct " + at.of(e.from.key) + ", or remove it if it is left over. Then retry."
		}
		return w, true
	case codeLoginExpired:
		return words{
			kindCredentials, "The AWS login has expired",
			"The login session of " + profileWords(e.Profile) + " has expired, or its password has changed.",
			"Run: " + e.command("login") + " and then retry.",
		}, true
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
		return words{
			kindCredentials, "The AWS session has expired",
			"The temporary credentials of " + e.holder() + " have expired.",
			e.mendKeys("Get new ones the way you got these (" + e.command("login") + ", " + e.command("sso login") + ", or new environment variables), then retry."),
		}, true
	case codeMFANeeded:
		return words{
			kindCredentials, "An MFA code is needed",
			"The role of " + profileWords(e.Profile) + " is given only together with a code of your MFA device, and none was given.",
			"Run the program in a terminal, where it can ask for the code, and see that the profile has mfa_serial set. Then retry.",
		}, true
	case codeMFAWrong:
		return words{
			kindCredentials, "The MFA code is wrong",
			"AWS rejected that code. A code works once, and for about half a minute.",
			"Wait for the next code of your MFA device, then retry. If it persists, check the mfa_serial of the profile and the clock of your device.",
		}, true
	}
	return words{}, false
}

// keyWords are for keys, profiles and clocks that are wrong.
func (e *Error) keyWords() (words, bool) {
	switch e.Code {
	case "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure":
		return words{
			kindCredentials, "AWS does not know this access key",
			e.said("The access key of " + e.holder() + " was deleted, deactivated or mistyped."),
			e.mendKeys("Make a new access key in the IAM console, store it with: " + e.command("configure") + " and then retry."),
		}, true
	case "SignatureDoesNotMatch", "IncompleteSignature", "InvalidSignatureException":
		return words{
			kindCredentials, "The secret key does not match the access key",
			e.said("AWS knows the access key of " + e.holder() + ", but not this secret with it."),
			e.mendKeys("Enter both again with: " + e.command("configure") + " (no spaces around them), then retry."),
		}, true
	case codeClockSkew, "RequestExpired":
		return words{
			kindCredentials, "This computer's clock is wrong",
			e.said("AWS accepts only requests from the last few minutes, and this computer's date or time is too far off."),
			"Turn on automatic time (Linux: sudo timedatectl set-ntp true), then retry.",
		}, true
	case codeProfileMissing:
		return e.profileMissingWords(), true
	case codeConfigBroken:
		return e.settingWords(), true
	case codeProcessFailed:
		return words{
			kindCredentials, "The credential_process failed",
			"The program that gives " + profileWords(e.Profile) + " its credentials failed: " + e.Message,
			"Run the credential_process of the profile by hand and fix what it reports, then retry. If it needs more time: " + ProcessLimitEnv + "=5m.",
		}, true
	}
	return words{}, false
}

func (e *Error) networkWords() (words, bool) {
	w := words{
		kind: kindUnreachable,
		text: "It was not possible to " + e.Doing + ": " + e.Message,
		next: "Check this computer's internet connection, VPN and proxy (HTTPS_PROXY), then retry.",
	}
	switch e.Code {
	case codeNoName:
		w.title = "AWS's name cannot be looked up"
		w.next = "Check that this computer is online and its DNS works. If it is, check the region's name. Then retry."
		if e.Region == "" {
			w.next = "Check that this computer is online and its DNS works, then retry."
		}
	case codeTLS:
		w.title = "The connection to AWS is not trusted"
		w.next = "There seems to be a proxy in between. Give its certificate with AWS_CA_BUNDLE, or use another network. Then retry."
		if at := e.from.bundle; at.known() {
			w.next = at.of("ca_bundle") + " decides which certificates are trusted, and the one that answers here is not among them. Correct or remove it, then retry."
		}
	case codeProxy:
		w.title = "The proxy does not answer"
		w.next = "Check the proxy's address, port and password in HTTPS_PROXY, or remove it where no proxy is needed (unset HTTPS_PROXY https_proxy). Then retry."
		if at := e.from.proxy; at.known() {
			w.next = strings.ReplaceAll(w.next, "in HTTPS_PROXY", "in "+at.of(""))
		}
	case codeTimeout:
		w.title = "AWS does not answer"
	case codeOffline:
		w.title = "AWS cannot be reached"
	case codeNoAddress:
		w.title = "Your public address is not known"
		w.next = "Check that https://checkip.amazonaws.com opens in a browser here and shows an IPv4 address, then retry. The firewall is opened to that address alone."
	default:
		return words{}, false
	}
	return w, true
}

func (e *Error) permissionWords() (words, bool) {
	if !denied(e.Code) {
		return words{}, false
	}
	what := e.Action
	if what == "" {
		what = "a permission"
	}
	if w, ok := e.denyWords(what); ok {
		return w, true
	}
	return words{
		kindRefused, "Not permitted: " + what,
		e.said(fmt.Sprintf("The identity of %s may not %s: it lacks %s.", profileWords(e.Profile), e.Doing, what)),
		"Ask whoever manages the account to allow " + what + " (docs/iam-policy.json holds all that is needed), or choose another profile. Then retry.",
	}, true
}
