// Static pages.

import type { JSX } from "preact";
import { Heading } from "../components/layout";
import { Said } from "../components/said";
import { durationText } from "../display";
import { useValue } from "../observable";
import { settings } from "../shared";

export function AboutPage(): JSX.Element {
  const { Version } = useValue(settings);
  return (
    <article class="prose">
      <Heading title="About">orchestrator</Heading>
      <p>
        Discovers, shows and rearranges MySQL and MariaDB replication topologies, and recovers the replicas of dead masters.
        {Version !== "" && <> This is version {Version}.</>}
      </p>
      <h2>Where to begin</h2>
      <ul>
        <li><a href="web/discover">Discover</a>: name one server of each topology; the others are found from there.</li>
        <li><a href="web/clusters">Clusters</a>: all topologies, and what is wrong in them.</li>
        <li>On a cluster's page, drag an instance onto another one to move it; or press <kbd>m</kbd>, or choose Move… in its details.</li>
        <li>Problems, at the top of every page: all that is wrong now.</li>
      </ul>
      <h2>Keys in the tree of a cluster</h2>
      <table class="keys">
        <tbody>
          <tr><th scope="row"><kbd>↑</kbd> <kbd>↓</kbd></th><td>the instance above or below</td></tr>
          <tr><th scope="row"><kbd>←</kbd> <kbd>→</kbd></th><td>collapse or to the master; expand or to the first replica</td></tr>
          <tr><th scope="row"><kbd>Home</kbd> <kbd>End</kbd></th><td>the first and the last instance</td></tr>
          <tr><th scope="row"><kbd>Enter</kbd></th><td>details and operations</td></tr>
          <tr><th scope="row"><kbd>m</kbd></th><td>move the instance</td></tr>
          <tr><th scope="row"><kbd>+</kbd> <kbd>-</kbd></th><td>nearer, farther; also Control and the wheel</td></tr>
          <tr><th scope="row"><kbd>Esc</kbd></th><td>give up a drag, close a dialog</td></tr>
        </tbody>
      </table>
    </article>
  );
}

export function FaqPage(): JSX.Element {
  const { InstancePollSeconds, ReasonableReplicationLagSeconds } = useValue(settings);
  return (
    <article class="prose">
      <Heading title="FAQ">Questions</Heading>
      <h2>Why does an instance not appear?</h2>
      <p>From a server, its master is found, and those of its replicas that replicate now. Name the others on the page Discover.</p>
      <h2>What do the problems mean?</h2>
      <dl>
        <dt>last check invalid</dt><dd>The server did not answer the last poll.</dd>
        <dt>not recently checked</dt><dd>The last poll is overdue; the poll interval is {durationText(InstancePollSeconds)}.</dd>
        <dt>not replicating</dt><dd>One or both replication threads are not running.</dd>
        <dt>replication lag</dt><dd>It lags by more than {durationText(ReasonableReplicationLagSeconds)}.</dd>
        <dt>in maintenance</dt><dd>A user or a running operation has locked it; it cannot be moved.</dd>
        <dt>other problem</dt><dd>The server reports a problem that has no name here; the details of the instance show it.</dd>
      </dl>
      <h2>Does orchestrator do anything without being asked?</h2>
      <p>Nothing on these pages: a move shows its plan first, and is done when you say so.</p>
      <h2>A move failed. What now?</h2>
      <p>Completed steps are rolled back; leftovers are reported. The page <a href="web/maintenance">Maintenance</a> lists operations that were not finished, and finishes or undoes them.</p>
      <h2>What is Pseudo-GTID mode?</h2>
      <p>Positions in different binary logs are matched by entries that are written into them, so that replicas can be moved even if their master is dead.</p>
    </article>
  );
}

export function KeepCalmPage(): JSX.Element {
  return (
    <article class="prose keep-calm">
      <Heading title="Keep calm" />
      <p class="large">and look at the plan first.</p>
      <p>It is three in the morning, and replication is broken. Nothing here is done before you have seen what it does.</p>
      <p><a href="web/clusters">Back to the clusters</a></p>
    </article>
  );
}

export function UnknownPage({ path }: { path: string }): JSX.Element {
  return (
    <article class="prose">
      <Heading title="Not found">There is no such page</Heading>
      <p>Nothing is at <code><Said text={path} /></code>. <a href="web/clusters">All clusters</a> are a good place to go on from.</p>
    </article>
  );
}

export function UnknownNamePage(): JSX.Element {
  return (
    <article class="prose">
      <Heading title="Anonymous address">This address is anonymous</Heading>
      <p>
        It has an anonymous name instead of the name of a cluster, an instance or a text. Only the browser in which the
        address was made knows the name. <a href="web/clusters">All clusters</a>
      </p>
    </article>
  );
}
