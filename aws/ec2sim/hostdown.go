package ec2sim

// HostDown tells the cloud that an instance's host shut down by itself.
func (c *Cloud) HostDown(instanceID string) { c.Shutdown(instanceID) }
