export APP_NAME=mono
