package cmd

import "context"

// poolOfVersion finds the pool that has a version of an object, which need not be that of the newest one. The object is locked.
func (z *erasureServerPools) poolOfVersion(ctx context.Context, bucket, object string, opts ObjectOptions) (int, error) {
	opts.NoLock = true
	_, pool, err := z.getLatestObjectInfoWithIdx(ctx, bucket, object, opts)
	return pool, err
}
