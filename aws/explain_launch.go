package aws

import (
	"fmt"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// quotaWords are for limits of the account.
func (e *Error) quotaWords() (words, bool) {
	w := words{kind: problem.Refused, text: e.said("Your account's quota in " + e.here() + " does not allow this.")}
	switch e.Code {
	case "VcpuLimitExceeded", "InstanceLimitExceeded":
		w.title = "The vCPU quota is too small"
		w.text = e.said(fmt.Sprintf("Your account may not run this many vCPUs of this family in %s. A quota of 0 is normal for GPU types in a new account.", e.here()))
		w.next = problem.Act(problem.ChooseType.Of("a smaller type")).Say(" or stop other machines, or ask for more of " + e.quotaName() + ": Service Quotas console, Amazon EC2. AWS often needs hours to answer.")
	case codeQuotaUnknown, "NoSuchResourceException":
		w.title = "The vCPU quota is not known"
		w.text = e.said("How many vCPUs of " + e.kind() + " your account may run in " + e.here() + " is not known here. It may be enough.")
		w.next = problem.Say("Look for " + e.quotaName() + " in the Service Quotas console, Amazon EC2, or continue: AWS says at launch whether it is enough.")
	case "MaxSpotInstanceCountExceeded", "SpotMaxPriceTooLow":
		w.title = "No spot capacity for this account"
		w.next = problem.Say("Use an on-demand instance, or ask for more of the spot quota in the Service Quotas console.")
	case "SecurityGroupLimitExceeded", "RulesPerSecurityGroupLimitExceeded":
		w.title = "Too many security groups or rules"
		w.next = problem.Say("Delete security groups that are no longer used (EC2 console), then retry.")
	case "VolumeLimitExceeded", "MaxIOPSLimitExceeded":
		w.title = "The disk quota is too small"
		w.next = problem.Act(problem.ChooseDisk.Of("a smaller disk")).Say(" or delete volumes that are no longer used, then retry.")
	case "AddressLimitExceeded", "InsufficientFreeAddressesInSubnet", "NetworkInterfaceLimitExceeded":
		w.title = "The network has no free address"
		w.next = problem.Say("Remove machines or network interfaces that are no longer used, or ").Act(problem.ChooseRegion.Of("another subnet or region")).Say(". Then retry.")
	default:
		return words{}, false
	}
	return w, true
}

// quotaName names the quota that the type counts against, as far as it is known.
func (e *Error) quotaName() string {
	f, ok := familyOf(e.Type)
	if !ok {
		return "the quota of on-demand instances of this family"
	}
	return fmt.Sprintf("the quota %q (%s)", f.name, f.code)
}

// kind names the type, or says "this type".
func (e *Error) kind() string {
	if e.Type == "" {
		return "this type"
	}
	return e.Type
}

// accountWords are for accounts and regions that are not ready yet.
func (e *Error) accountWords() (words, bool) {
	switch e.Code {
	case "PendingVerification":
		return words{
			problem.Refused, "AWS is still verifying your account",
			e.said("The first use of " + e.here() + " makes AWS check the account."),
			problem.Say("Wait for AWS's email: it usually arrives within minutes, at most within 4 hours. Then retry; nothing needs to be entered again."),
		}, true
	case "OptInRequired", "SubscriptionRequiredException", "Blocked":
		return words{
			problem.Refused, "The account is not ready for EC2",
			e.said("The account is not fully activated, has no valid payment method, or is blocked."),
			problem.Say("Sign in at https://console.aws.amazon.com, finish the registration or correct the payment method, and wait for AWS's email. Then retry."),
		}, true
	case codeRegionNotEnabled:
		return words{
			problem.Refused, "The region is not enabled",
			"Your account has not enabled " + e.here() + ". The credentials themselves are fine.",
			problem.Do(problem.ChooseRegion).Say(", or enable this one: " + e.command("account enable-region --region-name "+e.here()) + " (takes minutes). Then retry."),
		}, true
	case codeNotEligible:
		return words{
			problem.Refused, "Not in your account's free plan",
			e.said("The free plan launches only types that are eligible for it" + e.not() + "."),
			problem.Act(problem.ChooseType.Of("a type with the free-tier mark")).Say(", or upgrade the account to the paid plan in the Billing console."),
		}, true
	case codeNoDefaultSubnet:
		return words{
			problem.Refused, "The default network has no subnet",
			e.said("Your account's default VPC in " + e.here() + " has no default subnet, so the machine would have no network."),
			problem.Say("Make one with: " + e.command("ec2 create-default-subnet --availability-zone "+e.here()+"a --region "+e.here()) + " — or ").Act(problem.ChooseSubnet.Of("a subnet of another network")).Say(", or ").Do(problem.ChooseRegion).Say(". Then retry."),
		}, true
	case codeNoDefaultVPC:
		return words{
			problem.Refused, "No default network in " + e.here(),
			"Your account has no default VPC in " + e.here() + ", so the machine would have no network.",
			problem.Say("Make one with: " + e.command("ec2 create-default-vpc --region "+e.here()) + " — or ").Act(problem.ChooseSubnet.Of("a subnet of another network")).Say(", or ").Do(problem.ChooseRegion).Say(". Then retry."),
		}, true
	}
	return words{}, false
}

func (e *Error) not() string {
	if e.Type == "" {
		return ""
	}
	return ", and " + e.Type + " is not"
}

// launchWords are for machines that cannot be had as asked.
func (e *Error) launchWords() (words, bool) {
	of := e.kind()
	switch e.Code {
	case "InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientCapacity", "Server.InsufficientInstanceCapacity":
		return words{
			problem.Refused, "AWS has no capacity for this type",
			e.said("AWS is out of " + of + " in " + e.here() + " at the moment. Your account is fine."),
			problem.Say("Retry in some minutes, or ").Act(problem.ChooseType.Of("another type or region")).Say("."),
		}, true
	case "Unsupported", "UnsupportedOperation", "InvalidInstanceType", codeNoType:
		return words{
			problem.Answers, "Not available in " + e.here(),
			e.said(of + " is not available in " + e.here() + "."),
			problem.Act(problem.ChooseType.Of("another type or another region")).Say(", then retry."),
		}, true
	case "InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidAMIID.Malformed", codeNoImage:
		return words{
			problem.Failed, "The Ubuntu image is not there",
			e.said("The image is not, or no longer, offered in " + e.here() + "."),
			problem.Say("Retry: the newest image is looked up again. If it persists, ").Do(problem.ChooseImage).Say("."),
		}, true
	case codeDiskKey:
		return words{
			problem.Refused, "The disk's key cannot be used",
			"EC2 began the launch and ended it: " + e.Message + ". That is what it says when it is not allowed to use the KMS key that new disks are encrypted with in " + e.here() + ".",
			problem.Say("See which key that is: " + e.command("ec2 get-ebs-default-kms-key-id --region "+e.here()) + ". The key must be enabled, and its key policy must allow your identity kms:CreateGrant and kms:GenerateDataKeyWithoutPlaintext; or set the default back: " + e.command("ec2 reset-ebs-default-kms-key-id --region "+e.here()) + ". Then retry."),
		}, true
	case "IdempotentParameterMismatch":
		return words{
			problem.Failed, "Launched before, with other answers",
			e.said("An earlier try already launched this setup's machine with other answers."),
			problem.Act(problem.Remove.Of("the setup")).Say(" and start again, or ").Act(problem.ChooseName.Of("another name for the new one")).Say("."),
		}, true
	case codeUnshown:
		return words{
			problem.Failed, "EC2 does not show the machine yet",
			"It was not possible to " + e.Doing + ": EC2 does not list it. A new machine may take a while to be listed, and may already cost money.",
			problem.Do(problem.Retry).Say(" in a minute: it looks for the machine again and launches no second one."),
		}, true
	case codeStateFailed, "IncorrectInstanceState", "IncorrectState":
		return words{
			problem.Failed, "The machine is not in the state needed",
			"It was not possible to " + e.Doing + ": " + e.Message,
			problem.Say("Wait a minute and retry. If the machine was terminated, ").Act(problem.Remove.Of("the setup")).Say(" and start a new one."),
		}, true
	case "InvalidParameterValue", "InvalidParameterCombination", "InvalidParameter", "MissingParameter",
		"InvalidBlockDeviceMapping", "ValidationError", "ValidationException":
		return words{
			problem.Answers, "AWS rejects one of the answers",
			e.said("It was not possible to " + e.Doing + "."),
			problem.Say("Change the answer that AWS names (type, disk size, name or key), then retry."),
		}, true
	}
	return words{}, false
}

// resourceWords are for things that should be there and are not, or the reverse.
func (e *Error) resourceWords() (words, bool) {
	w := words{kind: problem.Failed, text: e.said("It was not possible to " + e.Doing + ".")}
	switch {
	case e.Code == codeKeyNameTaken, e.Code == "InvalidKeyPair.Duplicate":
		w.kind, w.title = problem.Answers, "The key pair's name is taken"
		w.text = "EC2 already has another key pair of that name in " + e.here() + ". " + e.Message
		w.next = problem.Act(problem.ChooseName.Of("another name for the setup")).Say(", or delete that key pair in the EC2 console if nobody needs it. Then retry.")
	case e.Code == codeGroupNotOurs, e.Code == "InvalidGroup.Duplicate":
		w.kind, w.title = problem.Answers, "The security group's name is taken"
		w.text = "A security group of that name exists, and this setup did not make it, so it stays untouched. " + e.Message
		w.next = problem.Act(problem.ChooseName.Of("another name for the setup")).Say(", or delete that group in the EC2 console if nobody needs it. Then retry.")
	case e.Code == "InvalidKeyPair.NotFound", e.Code == "InvalidKey.Format", e.Code == "InvalidKeyPair.Format":
		w.kind, w.title = problem.Answers, "EC2 does not know or accept this key"
		w.next = problem.Act(problem.ChooseKey.Of("the key pair again")).Say("; a new ed25519 key always works.")
	case e.Code == codeStillThere:
		w.title = "EC2 did not delete it"
		w.text = "It was not possible to " + e.Doing + ": EC2 says that it is deleted, but still lists it."
		w.next = problem.Do(problem.Retry).Say(" in a minute: it is asked for again, and nothing is forgotten before it is gone.")
	case e.Code == codeNoEffect:
		w.title = "EC2 did not do what was asked"
		w.text = "It was not possible to " + e.Doing + ": EC2 took the request, and nothing changed."
		w.next = problem.Do(problem.Retry).Say(" in a minute.")
	case e.Code == "DependencyViolation":
		w.title = "Something still uses it"
		w.next = problem.Say("Wait until the machine is terminated, then ").Do(problem.Retry).Say(".")
	case strings.HasPrefix(e.Code, "Invalid") && strings.HasSuffix(e.Code, ".NotFound"):
		w.title = "It no longer exists"
		w.next = problem.Say("It may have been removed in the console. Retry; if it persists, ").Act(problem.Remove.Of("the setup")).Say(" and start a new one.")
	default:
		return words{}, false
	}
	return w, true
}

// serviceWords are for AWS's own troubles.
func (e *Error) serviceWords() (words, bool) {
	if throttle(e.Code) {
		return words{
			problem.Refused, "AWS is limiting requests",
			e.said("Too many requests were made with this account within a short time; several tries were refused."),
			problem.Say("Wait a minute, then retry. Other tools on the same account may be the cause."),
		}, true
	}
	switch e.Code {
	case codeIncomplete:
		return words{
			problem.Failed, "AWS's answer is not complete",
			"It was not possible to " + e.Doing + ": " + e.Message + ", even after several tries.",
			problem.Do(problem.Retry).Say(" in a minute: it finds what was made, and makes nothing twice."),
		}, true
	case "InternalError", "InternalFailure", "Unavailable", "ServiceUnavailable", "ServiceUnavailableException", "InternalServerError", "InternalServiceError":
		return words{
			problem.Failed, "AWS has a problem of its own",
			e.said("It was not possible to " + e.Doing + ", even after several tries."),
			problem.Say("Wait some minutes and retry; https://health.aws.amazon.com/health/status shows known problems."),
		}, true
	}
	return words{}, false
}
