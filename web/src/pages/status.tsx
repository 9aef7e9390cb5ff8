// The nodes of this service: their health, the active node, and their versions.

import type { JSX } from "preact";
import { type Health, messageOf, read, type ServerNode } from "../api";
import { useEffect, useState } from "preact/hooks";
import { Failure, Waiting } from "../components/failure";
import { Heading } from "../components/layout";
import { durationText } from "../display";
import { onlyEverything, useLoaded } from "../loading";
import { useValue } from "../observable";
import { settings } from "../shared";

const againSeconds = 10;
// A node that has not reported for longer than this is most likely down.
const silentSeconds = 20;

export function StatusPage(): JSX.Element {
  const nodes = useLoaded<ServerNode[]>("nodes", onlyEverything);
  const known = useValue(settings);
  const [health, setHealth] = useState<{ isGood: boolean; text: string } | undefined>();

  useEffect(() => {
    const ask = async (): Promise<void> => {
      try {
        const { Healthy, IsActiveNode } = await read<Health>("health");
        setHealth({ isGood: Healthy, text: `This node is ${Healthy ? "healthy" : "not healthy"}${IsActiveNode ? " and the active one" : ""}.` });
      } catch (error) {
        setHealth({ isGood: false, text: messageOf(error) });
      }
    };
    void ask();
    const timer = setInterval(() => {
      nodes.reload();
      void ask();
    }, againSeconds * 1000);
    return () => clearInterval(timer);
  }, []);

  return (
    <>
      <Heading text="Status" />
      {health && (
        <div class={`alert ${health.isGood ? "alert-success" : "alert-error"}`} role={health.isGood ? "status" : "alert"} data-health={health.isGood}>
          <span class="alert-text">{!health.isGood && <b>Error: </b>}{health.text}</span>
        </div>
      )}
      <dl class="short-facts">
        <div><dt>This node</dt><dd>{known.Hostname || "unknown"}</dd></div>
        <div><dt>Version</dt><dd>{known.Version || "unknown"}</dd></div>
        <div><dt>User</dt><dd>{known.User || "none"}</dd></div>
        <div><dt>Read-only</dt><dd>{known.ReadOnly ? "yes" : "no"}</dd></div>
        <div><dt>Polls every</dt><dd>{durationText(known.InstancePollSeconds)}</dd></div>
        <div><dt>Lag is a problem above</dt><dd>{durationText(known.ReasonableReplicationLagSeconds)}</dd></div>
        <div><dt>Pseudo-GTID</dt><dd>{known.PseudoGTIDModeEnabled ? "configured" : "not configured"}</dd></div>
      </dl>
      <h2>Nodes</h2>
      {nodes.error !== "" && <Failure what="The nodes cannot be read." error={nodes.error} retry={nodes.reload} />}
      {!nodes.value && nodes.error === "" && <Waiting what="Reading the nodes…" />}
      {nodes.value?.length === 0 && <p role="status">No node has registered.</p>}
      {nodes.value && nodes.value.length > 0 && (
        <div class="table-frame" tabIndex={0} role="region" aria-label="Nodes">
          <table>
            <thead>
              <tr>
                <th scope="col">Node</th><th scope="col">State</th><th scope="col">Version</th><th scope="col">Command</th>
                <th scope="col">Last seen</th><th scope="col">First seen</th>
              </tr>
            </thead>
            <tbody>
              {nodes.value.map((node) => (
                <tr key={`${node.Hostname};${node.Token}`} data-node-name={node.Hostname} data-active={node.IsActive}>
                  <td data-label="Node">{node.Hostname}</td>
                  <td data-label="State">{node.IsActive ? <b class="good">active</b> : node.SecondsSinceLastSeen > silentSeconds
                    ? <span class="bad">silent</span> : "stands by"}</td>
                  <td data-label="Version">{node.Version}</td>
                  <td data-label="Command">{node.Command}</td>
                  <td data-label="Last seen" class="no-wrap">{durationText(node.SecondsSinceLastSeen)} ago</td>
                  <td data-label="First seen" class="no-wrap">{node.FirstSeen}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
