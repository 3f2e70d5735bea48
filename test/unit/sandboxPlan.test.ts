import assert from "node:assert/strict";
import fc from "fast-check";
import { allMachines, limits, loopbackPort, planSandbox } from "../../sandbox/plan.ts";

const size = fc.record({
  sites: fc.integer({ min: 1, max: limits.sites }),
  nodes: fc.integer({ min: 1, max: limits.nodes }),
});

/** First and last address of a block, as numbers. */
function range(cidr: string): [number, number] {
  const [address = "", bits = "32"] = cidr.split("/");
  const first = address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
  return [first, first + 2 ** (32 - Number(bits)) - 1];
}

describe("The sandbox's plan", () => {
  it("gives every machine, pod network and Service network addresses of its own", () => {
    fc.assert(
      fc.property(size, ({ sites, nodes }) => {
        const plan = planSandbox(sites, nodes);
        const blocks = [
          ...allMachines(plan).flatMap(({ address }) => `${address}/32`),
          ...plan.sites.flatMap((site) => [
            `${site.router}/32`,
            site.serviceCidr,
            ...site.nodes.map((node) => node.podCidr),
          ]),
        ].map(range);
        blocks.push(
          ...plan.sites.map((site): [number, number] => {
            const [first = "", last = ""] = site.loadBalancers.split("-");
            return [range(first)[0], range(last)[0]];
          }),
        );
        blocks.sort(([a], [b]) => a - b);
        for (const [index, [first]] of blocks.entries())
          assert.ok(index === 0 || first > (blocks[index - 1]?.[1] ?? 0));
      }),
      { numRuns: 30 },
    );
  });

  it("keeps names of network interfaces within the kernel's 15 letters, and apart", () => {
    fc.assert(
      fc.property(size, ({ sites, nodes }) => {
        const names = allMachines(planSandbox(sites, nodes)).map(({ name }) => name);
        assert.equal(new Set(names).size, names.length);
        assert.ok(names.every((name) => name.length <= 15));
      }),
      { numRuns: 30 },
    );
  });

  it("keeps pods of a site within its pod network", () => {
    for (const site of planSandbox(limits.sites, limits.nodes).sites) {
      const [first, last] = range(site.podCidr);
      for (const { podCidr } of site.nodes) {
        const [podFirst, podLast] = range(podCidr);
        assert.ok(podFirst >= first && podLast <= last);
      }
    }
  });

  it("says where a port is on loopback", () => {
    assert.deepEqual(
      [loopbackPort(443, 0), loopbackPort(80, 0), loopbackPort(6443, 0), loopbackPort(5432, 1)],
      [8443, 8080, 16443, 16432],
    );
  });

  it("refuses a size that has no addresses", () => {
    assert.throws(() => planSandbox(0, 1), /sites is 0: a sandbox has 1 to 50/);
    assert.throws(() => planSandbox(1, 101), /nodes is 101: a sandbox has 1 to 100/);
    assert.throws(() => planSandbox(1.5, 1), /sites is 1\.5/);
  });
});
