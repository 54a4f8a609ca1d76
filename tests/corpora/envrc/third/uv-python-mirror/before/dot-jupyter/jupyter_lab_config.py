c.ServerApp.open_browser = False
c.ServerApp.port = 8889
