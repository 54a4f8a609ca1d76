import site
