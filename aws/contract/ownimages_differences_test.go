package contract

// ownImageDifferences are those about images that are made of machines.
func ownImageDifferences() []difference {
	const create = apiReference + "API_CreateImage.html"
	const untagged = "moto takes tags for the image in CreateImage, and fails at those for its snapshots"
	return []difference{
		{breaks: "CreateImage must make one of a machine, with the tags on it and on its snapshot", seen: "NotAWS: what answered, with the HTTP status 500", why: untagged, doc: create},
		{breaks: "OwnImages must list those of all setups, and no others", seen: "NotAWS: what answered, with the HTTP status 500", why: untagged, doc: create},
		{
			breaks: "CreateImage must make none again under the same name", seen: "image: got",
			why: "moto makes any number of images of one name", doc: create,
		},
		{
			breaks: "SnapshotPrice must be that of standard snapshots", seen: "fetch the prices", why: "moto has no Pricing service",
			doc: "https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html",
		},
	}
}
