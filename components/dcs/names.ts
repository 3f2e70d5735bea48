/** Role of the DCS's client, and first part of its users' names. */
export const CLIENT = "patroni";
/** Secret with the password of etcd's user root, for the voters and the DCS's own Jobs. */
export const ROOT_SECRET = "etcd-root";
/** Secret with the password of the client's user. */
export const CLIENT_SECRET = "etcd-patroni";
