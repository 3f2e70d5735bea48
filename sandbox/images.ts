import { copyFile, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { instance } from "./instance.ts";
import { metallbImage } from "./metallb.ts";
import { registryUrl } from "./registry.ts";
import { tool } from "./toolchain/build.ts";

/** The sandbox's own image: a static busybox, for helper pods and for looking around. */
export const busyboxImage = "archipel.sandbox/busybox:1";

/** The image that holds a pod's namespaces: busybox again, asleep. */
export const pauseImage = "archipel.sandbox/pause:1";

/** An image of one layer. */
interface Image {
  /** Its name; its registry is left out where it is pushed. */
  name: string;
  /** Its files: path in the image, and file of this computer or `-> target` of a symbolic link. */
  files: Record<string, string>;
  entrypoint: string[];
}

/** Pushes to the hub's registry the images with which a cluster begins, unless it has them from an earlier life. */
export async function pushOwnImages(): Promise<void> {
  const { stdout } = await execa("/bin/busybox", ["--list"]);
  const applets = stdout.split("\n").filter((applet) => applet !== "busybox");
  const busybox = {
    "bin/busybox": "/bin/busybox",
    ...Object.fromEntries(applets.map((applet) => [`bin/${applet}`, "-> busybox"])),
  };
  await Promise.all([
    push({ name: busyboxImage, files: busybox, entrypoint: ["/bin/sh"] }),
    push({ name: pauseImage, files: busybox, entrypoint: ["/bin/sleep", "infinity"] }),
    push({
      name: await metallbImage("speaker"),
      files: { speaker: tool("metallb-speaker") },
      entrypoint: ["/speaker"],
    }),
  ]);
}

async function push(image: Image): Promise<void> {
  const target = `${registryUrl()}/${image.name.slice(image.name.indexOf("/") + 1)}`;
  const crane = (args: string[], reject = true) => execa(tool("crane"), ["--insecure", ...args], { reject });
  if ((await crane(["digest", target], false)).exitCode === 0) return;
  const folder = await mkdtemp(join(instance().stateDir, "image-"));
  try {
    for (const [path, source] of Object.entries(image.files)) {
      const file = join(folder, "root", path);
      await mkdir(dirname(file), { recursive: true });
      if (source.startsWith("-> ")) await symlink(source.slice(3), file);
      else await copyFile(source, file);
    }
    const layer = join(folder, "layer.tar");
    const same = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
    await execa("tar", [...same, "-C", join(folder, "root"), "-cf", layer, "."]);
    // The tag comes with the last step: an image that has it is whole.
    const platform = `linux/${process.arch === "x64" ? "amd64" : process.arch}`;
    const draft = `${target}-draft`;
    await crane(["append", "--oci-empty-base", "-f", layer, "-t", draft]);
    const entrypoint = image.entrypoint.join(",");
    await crane(["mutate", draft, "--set-platform", platform, "--entrypoint", entrypoint, "-t", target]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
