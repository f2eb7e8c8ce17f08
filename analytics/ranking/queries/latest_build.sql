-- The build of the queue that readers see. One row; build 0 where there is none.
SELECT toUInt32(max(q.build)) AS build, argMax(q.fingerprint, q.build) AS fingerprint,
    toUInt32((SELECT max(i.build) FROM queue_item_builds AS i)) AS build_begun
FROM queue_builds AS q
