package ec2sim

// services are all services that the cloud speaks, by the name in a
// signature's credential scope.
func services() map[string]service {
	return map[string]service{
		"ec2": {
			name: "ec2", namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
			noAccess: "AuthFailure", badSig: "AuthFailure", actions: ec2Actions(),
		},
		"sts": {
			name: "sts", namespace: "https://sts.amazonaws.com/doc/2011-06-15/", wrapped: true,
			noAccess: "InvalidClientTokenId", badSig: "SignatureDoesNotMatch",
			actions: map[string]handler{"GetCallerIdentity": query(getCallerIdentity)},
		},
		"iam": {
			name: "iam", namespace: "https://iam.amazonaws.com/doc/2010-05-08/", wrapped: true,
			noAccess: "InvalidClientTokenId", badSig: "SignatureDoesNotMatch",
			actions: map[string]handler{
				"GetAccountSummary": query(getAccountSummary),
				"ListMFADevices":    query(listMFADevices),
			},
		},
		"ssm": {
			name: "ssm", noAccess: "UnrecognizedClientException", badSig: "InvalidSignatureException",
			actions: map[string]handler{
				"GetParameter":  document(getParameter),
				"GetParameters": document(getParameters),
			},
		},
		"pricing": {
			name: "pricing", noAccess: "UnrecognizedClientException", badSig: "InvalidSignatureException",
			actions: map[string]handler{"GetProducts": document(getProducts)},
		},
		"servicequotas": {
			name: "servicequotas", noAccess: "UnrecognizedClientException", badSig: "InvalidSignatureException",
			actions: map[string]handler{"GetServiceQuota": document(getServiceQuota)},
		},
	}
}

func ec2Actions() map[string]handler {
	return map[string]handler{
		"DescribeRegions":               query(describeRegions),
		"DescribeAvailabilityZones":     query(describeZones),
		"DescribeInstanceTypes":         query(describeTypes),
		"DescribeInstanceTypeOfferings": query(describeOfferings),
		"DescribeImages":                query(describeImages),

		"CreateImage":       query(createImage),
		"DeregisterImage":   query(deregisterImage),
		"DescribeSnapshots": query(describeSnapshots),
		"DeleteSnapshot":    query(deleteSnapshot),

		"DescribeVpcs":        query(describeVPCs),
		"CreateDefaultVpc":    query(createDefaultVPC),
		"DescribeSubnets":     query(describeSubnets),
		"DescribeRouteTables": query(describeRouteTables),

		"CreateVpc":             query(createVPC),
		"CreateSubnet":          query(createSubnet),
		"ModifySubnetAttribute": query(modifySubnetAttribute),
		"CreateInternetGateway": query(createGateway),
		"AttachInternetGateway": query(attachGateway),
		"CreateRoute":           query(createRoute),

		"DescribeKeyPairs": query(describeKeyPairs),
		"ImportKeyPair":    query(importKeyPair),
		"CreateKeyPair":    query(createKeyPair),
		"DeleteKeyPair":    query(deleteKeyPair),

		"CreateSecurityGroup":           query(createGroup),
		"DescribeSecurityGroups":        query(describeGroups),
		"DeleteSecurityGroup":           query(deleteGroup),
		"AuthorizeSecurityGroupIngress": query(authorizeIngress),
		"RevokeSecurityGroupIngress":    query(revokeIngress),
		"DescribeSecurityGroupRules":    query(describeRules),
		"ModifySecurityGroupRules":      query(modifyRules),

		"RunInstances":              query(runInstances),
		"DescribeInstances":         query(describeInstances),
		"StartInstances":            query(startInstances),
		"StopInstances":             query(stopInstances),
		"RebootInstances":           query(rebootInstances),
		"TerminateInstances":        query(terminateInstances),
		"DescribeInstanceAttribute": query(describeInstanceAttribute),
		"ModifyInstanceAttribute":   query(modifyInstanceAttribute),
		"GetConsoleOutput":          query(getConsoleOutput),

		"DescribeVolumes": query(describeVolumes),
		"CreateVolume":    query(createVolume),
		"DeleteVolume":    query(deleteVolume),

		"CreateTags":   query(createTags),
		"DeleteTags":   query(deleteTags),
		"DescribeTags": query(describeTags),
	}
}
