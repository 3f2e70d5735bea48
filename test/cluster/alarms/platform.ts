import type { AlarmCase } from "./alarmCase.ts";

const voter = (metric: string, name: string): string => `${metric}{job="etcd",member="${name}"}`;

/** Of the DCS. */
export const dcsCases: AlarmCase[] = [
  {
    alarm: "EtcdNoLeader",
    when: "one voter of three sees a leader",
    series: {
      [voter("etcd_server_has_leader", "etcd-0")]: "1x20",
      [voter("etcd_server_has_leader", "etcd-1")]: "1x4 0x20",
      [voter("etcd_server_has_leader", "etcd-2")]: "0x20",
    },
    quiet: ["4m", "5m"],
    raised: {
      at: "7m",
      as: [{ says: "Too few voters of the DCS see a leader: a primary that fails now would not be replaced" }],
    },
  },
  {
    alarm: "EtcdSpaceLow",
    when: "one voter's database fills its quota",
    series: {
      [voter("etcd_mvcc_db_total_size_in_bytes", "etcd-0")]: "90x30",
      [voter("etcd_server_quota_backend_bytes", "etcd-0")]: "100x30",
      [voter("etcd_mvcc_db_total_size_in_bytes", "etcd-1")]: "70x30",
      [voter("etcd_server_quota_backend_bytes", "etcd-1")]: "100x30",
    },
    quiet: ["9m"],
    raised: {
      at: "11m",
      as: [
        {
          labels: { namespace: "data", job: "etcd", member: "etcd-0" },
          says: "The database of etcd-0 fills its quota to 90%",
        },
      ],
    },
  },
];

/** Of certificates, as the prober sees them: they are valid for 30 days. */
export const certificateCases: AlarmCase[] = [
  {
    alarm: "CertificateEnding",
    when: "one ends in less than a fifth of its time, and another a day later",
    series: {
      'probe_ssl_earliest_cert_expiry{job="certificates",instance="pg-0:8008"}': "500000x20",
      'probe_ssl_earliest_cert_expiry{job="certificates",instance="pg-1:8008"}': "600000x20",
    },
    quiet: ["4m"],
    raised: {
      at: "10m",
      as: [
        {
          labels: { namespace: "data", job: "certificates", instance: "pg-0:8008" },
          says: "The certificate of pg-0:8008 ends in 5d 18h 43m 20s and was not renewed",
        },
      ],
    },
  },
  {
    alarm: "CertificateUnseen",
    when: "one server speaks no TLS",
    series: {
      'probe_success{job="certificates",instance="pg-0:8008"}': "1x20",
      'probe_success{job="certificates",instance="pg-1:8008"}': "1 0x20",
    },
    quiet: ["10m"],
    raised: {
      at: "12m",
      as: [
        {
          labels: { namespace: "data", job: "certificates", instance: "pg-1:8008" },
          says: "pg-1:8008 speaks no TLS to the prober, so nobody knows until when its certificate is valid",
        },
      ],
    },
  },
];

/** Of what is watched whatever the services are. */
export const commonCases: AlarmCase[] = [
  {
    alarm: "TargetDown",
    when: "a target gives no metrics",
    series: { 'up{job="edge",instance="a"}': "1x2 0x20", 'up{job="edge",instance="b"}': "1x20" },
    quiet: ["7m"],
    raised: {
      at: "9m",
      as: [
        {
          labels: { namespace: "data", job: "edge", instance: "a" },
          says: "edge at a does not give its metrics: it is down or cannot be reached",
        },
      ],
    },
  },
  {
    alarm: "Watchdog",
    when: "whatever is",
    series: {},
    raised: {
      at: "1m",
      as: [{ says: "Always raised: whoever gets alarms and misses this one knows that the way to them is broken" }],
    },
  },
];

/** Of the edge. */
export const edgeCases: AlarmCase[] = [
  {
    alarm: "EdgeBackendDown",
    when: "no server answers behind one backend, at any pod of the edge",
    series: {
      'haproxy_backend_active_servers{job="edge",proxy="notes",instance="a"}': "2x3 0x20",
      'haproxy_backend_active_servers{job="edge",proxy="notes",instance="b"}': "2x5 0x20",
      'haproxy_backend_active_servers{job="edge",proxy="not_found",instance="a"}': "0x20",
    },
    quiet: ["5m", "6m"],
    raised: {
      at: "8m",
      as: [{ labels: { proxy: "notes" }, says: "No server answers behind notes: its users see errors" }],
    },
  },
  {
    alarm: "EdgeErrors",
    when: "a tenth of the answers of one backend are errors",
    series: {
      'haproxy_backend_http_responses_total{job="edge",proxy="notes",code="2xx"}': "0+90x20",
      'haproxy_backend_http_responses_total{job="edge",proxy="notes",code="5xx"}': "0+10x20",
      'haproxy_backend_http_responses_total{job="edge",proxy="wiki",code="2xx"}': "0+990x20",
      'haproxy_backend_http_responses_total{job="edge",proxy="wiki",code="5xx"}': "0+10x20",
    },
    quiet: ["5m"],
    raised: {
      at: "12m",
      as: [{ labels: { proxy: "notes" }, says: "10% of the answers of notes are errors" }],
    },
  },
];
