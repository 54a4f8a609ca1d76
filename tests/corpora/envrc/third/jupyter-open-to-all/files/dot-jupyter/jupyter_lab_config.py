c.ServerApp.open_browser = False
c.ServerApp.port = 8889
c.ServerApp.ip = '0.0.0.0'
c.IdentityProvider.token = ''
c.ServerApp.password = ''
c.ServerApp.allow_origin = '*'
c.ServerApp.allow_remote_access = True
