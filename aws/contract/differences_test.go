package contract

// The pages that differences go against.
const (
	apiReference = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"
	userGuide    = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/"
	errorCodes   = apiReference + "errors-overview.html"
	lifecycle    = userGuide + "ec2-instance-lifecycle.html"
)

// differences are all that is known of both clouds not being AWS. None of
// ec2sim is left: it is ours, so it is put right instead.
func differences() []difference {
	var all []difference
	for _, of := range [][]difference{accountDifferences(), offerDifferences(), resourceDifferences(), launchDifferences(), instanceDifferences(), fleetDifferences(), ownImageDifferences()} {
		for _, d := range of {
			d.cloud = "moto"
			all = append(all, d)
		}
	}
	return all
}

func accountDifferences() []difference {
	const stsErrors = "https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html"
	const wrapped = "moto puts STS's errors into EC2's envelope, where no SDK finds the code"
	const denied = "moto says AccessDenied for every service; EC2 has a code of its own"
	return []difference{
		{
			breaks: "MFA must be on for a user with a device", seen: "got unknown",
			why: "moto wants the user's name in ListMFADevices, which AWS takes from the access key",
			doc: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListMFADevices.html",
		},
		{
			breaks: "MyAddress must be one IPv4 address", seen: "NoAddress: it answered 404",
			why: "checkip.amazonaws.com is no service of moto's",
			doc: "https://checkip.amazonaws.com",
		},
		{breaks: "Identity must tell an access key that nobody knows", seen: "NotAWS: what answered, with the HTTP status 403", why: wrapped, doc: stsErrors},
		{breaks: "Identity must tell a secret that does not fit", seen: "NotAWS: what answered, with the HTTP status 403", why: wrapped, doc: stsErrors},
		{breaks: "KeyPairs must tell an access key that nobody knows", seen: "NotAWS: what answered, with the HTTP status 403", why: wrapped, doc: stsErrors},
		{breaks: "KeyPairs must tell a secret that does not fit", seen: "NotAWS: what answered, with the HTTP status 403", why: wrapped, doc: stsErrors},
		{
			breaks: "KeyPairs must tell a region that is not enabled", seen: "it is done",
			why: "in moto every region answers, also one that it lists as not opted in to",
			doc: "https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html",
		},
		{breaks: "Launch must name the permission that lacks", seen: "AccessDenied: User:", why: denied, doc: errorCodes},
		{breaks: "Regions must name the permission that lacks", seen: "AccessDenied: User:", why: denied, doc: errorCodes},
	}
}

func offerDifferences() []difference {
	const offered = "moto has one list of types for all regions"
	const prices = "moto has no Pricing service"
	const offering = userGuide + "instance-discovery.html"
	const pricing = "https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html"
	return []difference{
		{breaks: "Type must refuse one that the region has not", seen: "it is done", why: offered, doc: offering},
		{breaks: "Types must list only what the region has", seen: "T2 is listed for eu-north-1", why: offered, doc: offering},
		{
			breaks: "Types must list the guide's machine, which can do 32 bits too", seen: "no t2.micro among",
			why: "moto compares a filter with a list of values as a whole; EC2 takes any of them",
			doc: userGuide + "Using_Filtering.html",
		},
		{breaks: "Prices must know those of a machine, its disk and its address", seen: "fetch the prices", why: prices, doc: pricing},
		{breaks: "Prices must leave an unknown one out, without an error", seen: "fetch the prices", why: prices, doc: pricing},
		{
			breaks: "Image must come from Canonical's SSM parameters", seen: "got describe-images",
			why: "moto has some of AWS's public parameters and none of Canonical's; so the way round is tried here",
			doc: "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html",
		},
		{
			breaks: "Network must lead out of every region that is enabled", seen: "Internet:false",
			why: "moto's default VPC has no internet gateway; the tests make one in the home region alone",
			doc: "https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html",
		},
	}
}

func resourceDifferences() []difference {
	return []difference{
		{
			breaks: "ImportKeyPair must refuse a private key", seen: "NotAWS: what answered, with the HTTP status 500",
			why: "moto fails on a key whose second word is no base64",
			doc: errorCodes,
		},
		{
			breaks: "DeleteKeyPair must delete that one, and again without an error", seen: "StillThere: EC2 says that it is deleted, but it is still there",
			why: "moto deletes by name only, and says that it has deleted",
			doc: apiReference + "API_DeleteKeyPair.html",
		},
		{
			breaks: "EnsureGroup must refuse a VPC that is not there", seen: "it is done",
			why: "moto does not look the VPC up",
			doc: errorCodes,
		},
		{
			breaks: "DeleteGroup must not delete one that a machine uses", seen: "it is done",
			why: "moto does not know who uses a group",
			doc: apiReference + "API_DeleteSecurityGroup.html",
		},
	}
}

func launchDifferences() []difference {
	const token = "moto keeps a ClientToken and does not heed it"
	const idempotency = "https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html"
	const types = "moto says InvalidInstanceType.NotFound, which is not among EC2's codes"
	return []difference{
		{
			breaks: "Launch must tag the disk and the network interface too", seen: "tags of eni: got map[]",
			why: "moto leaves out the tags of a launch's network interface",
			doc: apiReference + "API_RunInstances.html",
		},
		{
			breaks: "Launch must put what asks for an address into its groups", seen: "groups: got []",
			why: "moto gives a machine no groups that are asked for in its network interface",
			doc: apiReference + "API_InstanceNetworkInterfaceSpecification.html",
		},
		{breaks: "Launch must answer the same machine for the same token", seen: "second machine", why: token, doc: idempotency},
		{breaks: "Launch must refuse the same token for another machine", seen: "it is done", why: token, doc: idempotency},
		{breaks: "Launch must refuse the same token with other user data", seen: "it is done", why: token, doc: idempotency},
		{
			breaks: "Launch must refuse more user data than 16 KB", seen: "it is done",
			why: "moto takes user data of any length",
			doc: userGuide + "instancedata-add-user-data.html",
		},
		{breaks: "Launch must refuse a type that is none", seen: "InvalidInstanceType.NotFound", why: types, doc: errorCodes},
		{breaks: "Launch must refuse a type that the region has not", seen: "InvalidInstanceType.NotFound", why: types, doc: errorCodes},
		{
			breaks: "Launch must refuse a type that the zone has not", seen: "it is done",
			why: "moto checks a type against its region only",
			doc: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html",
		},
		{
			breaks: "Launch must refuse an image for another processor", seen: "it is done",
			why: "moto does not compare the architectures",
			doc: userGuide + "ec2-instance-type-specifications.html",
		},
		{
			breaks: "Launch must refuse a disk smaller than the image", seen: "it is done",
			why: "moto does not know the snapshot's size",
			doc: apiReference + "API_EbsBlockDevice.html",
		},
		{
			breaks: "Launch must refuse more vCPUs than the quota", seen: "it is done",
			why: "moto counts no quota",
			doc: "https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html",
		},
	}
}

func instanceDifferences() []difference {
	const states = "moto starts and stops machines in every state"
	return []difference{
		{breaks: "Stop must refuse one that is terminated", seen: "it is done", why: states, doc: lifecycle},
		{breaks: "Start must refuse one that is terminated", seen: "it is done", why: states, doc: lifecycle},
		{
			breaks: "Start must count the launch from the last start", seen: " after ",
			why: "moto keeps the time of the first launch",
			doc: apiReference + "API_Instance.html",
		},
		{
			breaks: "Terminate must end it with its disk and its addresses", seen: "addresses: got 10.",
			why: "moto goes on showing the private address",
			doc: userGuide + "using-instance-addressing.html",
		},
		{
			breaks: "WaitState must see a machine pending first", seen: "[running]",
			why: "in moto a machine runs at the second look, and the launch's answer is the first",
			doc: lifecycle,
		},
		{
			breaks: "ConsoleHostKeys must be the keys that the first boot printed", seen: "nothing is printed",
			why: "moto's console says the same few lines for every machine",
			doc: userGuide + "instance-console.html",
		},
	}
}
