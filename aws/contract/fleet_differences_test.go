package contract

// fleetDifferences are those about all machines of an account and changes of them.
func fleetDifferences() []difference {
	const quotas = "moto's Service Quotas know those of VPCs alone"
	const quota = "https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html"
	const modify = apiReference + "API_ModifyInstanceAttribute.html"
	return []difference{
		{breaks: "Quota must tell the limit and count what runs", seen: "QuotaUnknown", why: quotas, doc: quota},
		{breaks: "Quota must keep the families apart", seen: "uota", why: quotas, doc: quota},
		{breaks: "Reboot must refuse one that is stopped", seen: "it is done", why: "moto reboots machines in every state", doc: lifecycle},
		{
			breaks: "SetType must refuse one that runs", seen: "it is done",
			why: "moto changes the type of machines in every state",
			doc: userGuide + "change-instance-type-of-ebs-backed-instance.html",
		},
		{
			breaks: "SetType must refuse a type that is none", seen: "it is done",
			why: "moto takes any word for a type here",
			doc: modify,
		},
		{
			breaks: "SetType must refuse a type with another processor", seen: "it is done",
			why: "moto does not compare the architectures",
			doc: userGuide + "ec2-instance-type-specifications.html",
		},
		{
			breaks: "SetType must name the permission that lacks", seen: "AccessDenied: User:",
			why: "moto says AccessDenied for every service; EC2 has a code of its own", doc: errorCodes,
		},
		{
			breaks: "StopsOnShutdown must not be so where it terminates", seen: "stops: got true",
			why: "moto does nothing at the form of the change that SDKs send, and says that it is done",
			doc: modify,
		},
	}
}
