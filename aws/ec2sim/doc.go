// Package ec2sim is an embedded EC2, with as much of STS, IAM, SSM and
// Pricing as the guide needs. It speaks the real wire protocols (EC2, STS and
// IAM: query and XML; SSM and Pricing: JSON 1.1), so that the unchanged AWS
// SDK works against it.
//
// It behaves as AWS documents it where the guide can meet it: ClientToken
// idempotency, DryRun, eventual consistency after a launch, states that take
// their time, paging, and AWS's own error codes and messages. It checks every
// request's signature. What it does not know it refuses; it ignores no
// parameter silently.
//
// Accounts, instances and prices are examples: nothing is on AWS and nothing
// costs money.
package ec2sim
