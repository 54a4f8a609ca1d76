export APP=desk
