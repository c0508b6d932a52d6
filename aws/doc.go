// Package aws is everything the guide needs of AWS: account, regions,
// instance types, prices, images, key pairs, security groups, instances, and
// AWS's errors in plain words. It alone knows the AWS SDK, and it knows
// neither the guide nor hosts.
package aws
