// The nodes of this service: their health, the active node, and their versions.

import type { JSX } from "preact";
import { apiPath, messageOf, read, type ServerNode } from "../requests";
import { useEffect, useState } from "preact/hooks";
import { Heading } from "../components/layout";
import { LoadingState } from "../components/loading-state";
import { Named, Said } from "../components/said";
import { durationText } from "../display";
import { onlyEverything, useLoaded } from "../loading";
import { useValue } from "../observable";
import { settings } from "../shared";

const againSeconds = 10;

interface ShownHealth {
  isGood: boolean;
  text: string;
}

// Asks again from time to time; `also` is called with each question.
function useHealth(also: () => void): ShownHealth | undefined {
  const [health, setHealth] = useState<ShownHealth | undefined>();
  useEffect(() => {
    const ask = async (): Promise<void> => {
      try {
        const { Healthy, IsActiveNode } = await read(apiPath("health"));
        setHealth({ isGood: Healthy, text: `This node is ${Healthy ? "healthy" : "not healthy"}${IsActiveNode ? " and the active one" : ""}.` });
      } catch (error) {
        setHealth({ isGood: false, text: messageOf(error) });
      }
    };
    void ask();
    const timer = setInterval(() => {
      also();
      void ask();
    }, againSeconds * 1000);
    return () => clearInterval(timer);
  }, []);
  return health;
}

export function StatusPage(): JSX.Element {
  const nodes = useLoaded(apiPath("nodes"), onlyEverything);
  const known = useValue(settings);
  const health = useHealth(nodes.reload);
  return (
    <>
      <Heading title="Status" />
      {health && (
        <div class={`alert ${health.isGood ? "alert-success" : "alert-error"}`} role={health.isGood ? "status" : "alert"} data-health={health.isGood}>
          <span class="alert-text">{!health.isGood && <b>Error: </b>}<Said text={health.text} /></span>
        </div>
      )}
      <dl class="short-facts">
        <div><dt>This node</dt><dd>{known.Hostname === "" ? "unknown" : <Named kind="host" name={known.Hostname} />}</dd></div>
        <div><dt>Version</dt><dd>{known.Version || "unknown"}</dd></div>
        <div><dt>User</dt><dd>{known.User === "" ? "none" : <Named kind="user" name={known.User} />}</dd></div>
        <div><dt>Read-only</dt><dd>{known.ReadOnly ? "yes" : "no"}</dd></div>
        <div><dt>Polls every</dt><dd>{durationText(known.InstancePollSeconds)}</dd></div>
        <div><dt>Lag is a problem above</dt><dd>{durationText(known.ReasonableReplicationLagSeconds)}</dd></div>
        <div><dt>Pseudo-GTID</dt><dd>{known.PseudoGTIDModeEnabled ? "configured" : "not configured"}</dd></div>
      </dl>
      <h2>Nodes</h2>
      <LoadingState of={nodes} what="The list of nodes" />
      {nodes.value?.length === 0 && <p role="status">No node has registered.</p>}
      {nodes.value && nodes.value.length > 0 && <Nodes nodes={nodes.value} />}
    </>
  );
}

function Nodes({ nodes }: { nodes: ServerNode[] }): JSX.Element {
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label="Nodes">
      <table>
        <thead>
          <tr>
            <th scope="col">Node</th><th scope="col">State</th><th scope="col">Version</th><th scope="col">Command</th>
            <th scope="col">Last seen</th><th scope="col">First seen</th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <tr key={`${node.Hostname};${node.Token}`} data-active={node.IsActive}>
              <td data-label="Node"><Named kind="host" name={node.Hostname} /></td>
              <td data-label="State">{node.IsActive ? <b class="good">active</b> : node.State === "silent"
                ? <span class="bad">silent</span> : "stands by"}</td>
              <td data-label="Version"><bdi>{node.Version}</bdi></td>
              <td data-label="Command"><span><Said text={node.Command} /></span></td>
              <td data-label="Last seen" class="no-wrap">{durationText(node.SecondsSinceLastSeen)} ago</td>
              <td data-label="First seen" class="no-wrap">{node.FirstSeen}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
