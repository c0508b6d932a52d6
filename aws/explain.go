package aws

import (
	"fmt"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// words are an error for people.
type words struct {
	kind        problem.Kind
	title, text string
	next        problem.Next
}

// Problem returns the error in plain words.
func (e *Error) Problem() problem.Problem {
	w := words{
		problem.Failed, "AWS refused a request", e.said("It was not possible to " + e.Doing + ". AWS's code for it is " + e.Code + "."),
		problem.Say("Try again. If it persists, look up the code in AWS's documentation, or choose something else."),
	}
	if e.Code == "" {
		w.title = "Something between here and AWS failed"
		w.text = "It was not possible to " + e.Doing + ": " + e.Message
		w.next = problem.Say("Try again. If it persists, check your AWS configuration with: " + e.command("sts get-caller-identity"))
	}
	for _, find := range []func() (words, bool){
		e.signInWords, e.keyWords, e.networkWords, e.permissionWords,
		e.quotaWords, e.accountWords, e.changeWords, e.imageWords, e.subnetWords, e.launchWords, e.resourceWords, e.serviceWords,
	} {
		if found, ok := find(); ok {
			w = found
			break
		}
	}
	w = e.elsewhere(w)
	return problem.Problem{Kind: w.kind, Title: w.title, Text: w.text, Next: w.next}
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
		c += " --profile " + problem.Here().Quote(e.Profile)
	}
	return c
}

// signIn is one of AWS's own ways to sign in.
func (e *Error) signIn(args string) problem.Action {
	return problem.Action{Verb: problem.SignIn, Command: e.command(args)}
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
			problem.Credentials, "No AWS credentials",
			"This computer has no credentials for " + profileWords(e.Profile) + "." + e.notes(),
			problem.Act(e.signIn("login")).Say(" (AWS CLI 2.32 or later; signs you in with the browser), or " + e.command("configure") +
				" if you have an access key. Then retry. Without an AWS account, ").Do(problem.UseSandbox).Say("."),
		}, true
	case codeSSOExpired:
		return words{
			problem.Credentials, "The SSO session has expired",
			"The sign-in of " + profileWords(e.Profile) + " through IAM Identity Center has expired or was never made.",
			problem.Act(e.signIn("sso login")).Say(" and then retry."),
		}, true
	case codeNoToken:
		w := words{
			problem.Credentials, "The web identity token cannot be read",
			"The credentials of " + e.holder() + " come from a token in a file, and that file cannot be read.",
			problem.Say("Correct the file's path, or remove the setting if it is left over. Then retry."),
		}
		if at := e.from.credentials; at.known() {
			w.next = problem.Say("Correct " + at.of(e.from.key) + ", or remove it if it is left over. Then retry.")
		}
		return w, true
	case codeLoginExpired:
		return words{
			problem.Credentials, "The AWS login has expired",
			"The login session of " + profileWords(e.Profile) + " has expired, or its password has changed.",
			problem.Act(e.signIn("login")).Say(" and then retry."),
		}, true
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
		return words{
			problem.Credentials, "The AWS session has expired",
			"The temporary credentials of " + e.holder() + " have expired.",
			e.mendKeys("Get new ones the way you got these (" + e.command("login") + ", " + e.command("sso login") + ", or new environment variables), then retry."),
		}, true
	case codeMFANeeded:
		return words{
			problem.Credentials, "An MFA code is needed",
			"The role of " + profileWords(e.Profile) + " is given only together with a code of your MFA device, and none was given.",
			problem.Say("Run the program in a terminal, where it can ask for the code, and see that the profile has mfa_serial set. Then retry."),
		}, true
	case codeMFAWrong:
		return words{
			problem.Credentials, "The MFA code is wrong",
			"AWS rejected that code. A code works once, and for about half a minute.",
			problem.Say("Wait for the next code of your MFA device, then retry. If it persists, check the mfa_serial of the profile and the clock of your device."),
		}, true
	}
	return words{}, false
}

// keyWords are for keys, profiles and clocks that are wrong.
func (e *Error) keyWords() (words, bool) {
	switch e.Code {
	case "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure":
		return words{
			problem.Credentials, "AWS does not know this access key",
			e.said("The access key of " + e.holder() + " was deleted, deactivated or mistyped."),
			e.mendKeys("Make a new access key in the IAM console, store it with: " + e.command("configure") + " and then retry."),
		}, true
	case "IncompleteSignature":
		return words{
			problem.Credentials, "AWS cannot read the signature",
			e.said("The access key ID of " + e.holder() + " holds a character that no access key ID has, such as a slash, or something on the way changed the request."),
			e.mendKeys("Enter the access key again with: " + e.command("configure") + ". If it is right, use another network or proxy. Then retry."),
		}, true
	case "SignatureDoesNotMatch", "InvalidSignatureException":
		return words{
			problem.Credentials, "The secret key does not match the access key",
			e.said("AWS knows the access key of " + e.holder() + ", but not this secret with it."),
			e.mendKeys("Enter both again with: " + e.command("configure") + " (no spaces around them), then retry."),
		}, true
	case codeClockSkew, "RequestExpired":
		return words{
			problem.Credentials, "This computer's clock is wrong",
			e.said("AWS accepts only requests from the last few minutes, and this computer's date or time is too far off."),
			problem.Say("Turn on automatic time (Linux: sudo timedatectl set-ntp true), then retry."),
		}, true
	case codeProfileMissing:
		return e.profileMissingWords(), true
	case codeConfigBroken:
		return e.settingWords(), true
	case codeProcessFailed:
		return words{
			problem.Credentials, "The credential_process failed",
			"The program that gives " + profileWords(e.Profile) + " its credentials failed: " + e.Message,
			problem.Say("Run the credential_process of the profile by hand and fix what it reports, then retry. If it needs more time: " + ProcessLimitEnv + "=5m."),
		}, true
	}
	return words{}, false
}

func (e *Error) networkWords() (words, bool) {
	w := words{
		kind: problem.Unreachable,
		text: "It was not possible to " + e.Doing + ": " + e.Message,
		next: problem.Say("Check this computer's internet connection, VPN and proxy (HTTPS_PROXY), then retry."),
	}
	switch e.Code {
	case codeNoName:
		w.title = "AWS's name cannot be looked up"
		w.next = problem.Say("Check that this computer is online and its DNS works. If it is, check the region's name. Then retry.")
		if e.Region == "" {
			w.next = problem.Say("Check that this computer is online and its DNS works, then retry.")
		}
	case codeTLS:
		w.title = "The connection to AWS is not trusted"
		w.next = problem.Say("There seems to be a proxy in between. Give its certificate with AWS_CA_BUNDLE, or use another network. Then retry.")
		if at := e.from.bundle; at.known() {
			w.next = problem.Say(at.of("ca_bundle") + " decides which certificates are trusted, and the one that answers here is not among them. Correct or remove it, then retry.")
		}
	case codeProxy:
		w.title = "The proxy does not answer"
		where := "HTTPS_PROXY"
		if at := e.from.proxy; at.known() {
			where = at.of("")
		}
		w.next = problem.Say("Check the proxy's address, port and password in " + where + ", or remove it where no proxy is needed (" + problem.Here().Unset("HTTPS_PROXY", "https_proxy") + "). Then retry.")
	case codeTimeout:
		w.title = "AWS does not answer"
	case codeOffline:
		w.title = "AWS cannot be reached"
	case codeNotAWS:
		w.title = "The answer is not AWS's, or was cut off"
		w.text += "."
		w.next = problem.Do(problem.Retry).Say(" in a minute: it finds what was made, and makes nothing twice. If it persists, something between here and AWS answers in its place, such as a proxy or the sign-in page of a Wi-Fi: use another network.")
	case codeNoAddress:
		w.title = "Your public address is not known"
		w.next = problem.Say("Check that https://checkip.amazonaws.com opens in a browser here and shows an IPv4 address, then retry. The firewall is opened to that address alone.")
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
		problem.Refused, "Not permitted: " + what,
		e.said(fmt.Sprintf("The identity of %s may not %s: it lacks %s.", profileWords(e.Profile), e.Doing, what)),
		problem.Say("Ask whoever manages the account to allow " + what + " (docs/iam-policy.json holds all that is needed), or ").Do(problem.ChooseProfile).Say(". Then retry."),
	}, true
}
