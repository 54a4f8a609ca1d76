# escape=`
ARG TAG=ltsc2022
FROM mcr.microsoft.com/windows/servercore:ltsc2022 `
  AS a
RUN powershell C:\ `
  ; x
COPY --from=a C:\x C:\y
FROM mcr.microsoft.com/windows/nanoserver:${TAG}
