// Other names for real servers.

// Real servers are all on this host. The page gets other names for them: `nameOf` converts "127.0.0.1:PORT".
export const renamed = (stage, nameOf, also = (json) => json) => (page) =>
  page.route(/\/api\/(?!events)/, async (route) => {
    let url = route.request().url();
    for (const address of Object.values(stage.servers)) {
      const [host] = nameOf(address).split(":");
      url = url.replaceAll(host, "127.0.0.1");
    }
    const response = await route.fetch({ url });
    let text = await response.text();
    for (const address of Object.values(stage.servers)) {
      const [host, port] = nameOf(address).split(":");
      text = text.replaceAll(address, `${host}:${port}`).replaceAll(`"Hostname":"127.0.0.1","Port":${port}`, `"Hostname":"${host}","Port":${port}`);
      text = text.replaceAll(`"InstanceHostname":"127.0.0.1","InstancePort":${port}`, `"InstanceHostname":"${host}","InstancePort":${port}`);
    }
    await route.fulfill({ response, json: also(JSON.parse(text), url) });
  });
