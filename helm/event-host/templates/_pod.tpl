{{/* The pod, the same whether one of a StatefulSet or many of a Deployment. */}}
{{- define "event-host.pod" -}}
{{- $preset := include "event-host.preset" . | fromYaml -}}
metadata:
  labels: {{- include "event-host.labels" . | nindent 4 }}
  annotations:
    checksum/config: {{ include (print $.Template.BasePath "/configmap.yaml") . | sha256sum }}
    prometheus.io/scrape: "true"
    prometheus.io/port: "8080"
    prometheus.io/path: /metrics
    {{- if .Values.dapr.enabled }}
    dapr.io/enabled: "true"
    dapr.io/app-id: {{ include "event-host.name" . }}
    dapr.io/app-port: "8080"
    dapr.io/sidecar-seccomp-profile-type: RuntimeDefault
    {{- end }}
    {{- with .Values.podAnnotations }}{{- toYaml . | nindent 4 }}{{- end }}
spec:
  serviceAccountName: {{ include "event-host.serviceAccount" . }}
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  {{- if .Values.plugins.extra }}
  initContainers:
    {{- range .Values.plugins.extra }}
    - name: plugin-{{ .name }}
      image: {{ .image }}
      command: [/bin/sh, -c, "cp /plugins/*.so /extra-plugins/"]
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {cpu: 100m, memory: 32Mi}}
      volumeMounts:
        - {name: extra-plugins, mountPath: /extra-plugins}
    {{- end }}
  {{- end }}
  containers:
    - name: host
      image: {{ include "event-host.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [run, --config, /etc/evhost/evhost.yaml]
      env:
        - name: EVH_PLUGINS
          value: /usr/lib/evhost/plugins{{ if .Values.plugins.extra }}:/extra-plugins{{ end }}
        {{- if .Values.kafka.existingSecret }}
        - name: EVH_KAFKA__SASL_USERNAME
          valueFrom: {secretKeyRef: {name: {{ .Values.kafka.existingSecret }}, key: username}}
        - name: EVH_KAFKA__SASL_PASSWORD
          valueFrom: {secretKeyRef: {name: {{ .Values.kafka.existingSecret }}, key: password}}
        {{- end }}
        {{- if .Values.postgres.existingSecret }}
        - name: DATABASE_URL
          valueFrom: {secretKeyRef: {name: {{ .Values.postgres.existingSecret }}, key: url}}
        {{- end }}
        {{- with .Values.env }}{{- toYaml . | nindent 8 }}{{- end }}
      ports:
        - {name: http, containerPort: 8080}
      startupProbe:
        httpGet: {path: /livez, port: http}
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: {path: /livez, port: http}
        periodSeconds: 10
        failureThreshold: 3
      readinessProbe:
        httpGet: {path: /readyz, port: http}
        periodSeconds: 5
        failureThreshold: 2
      # Endpoints are told before the host stops accepting.
      lifecycle:
        preStop: {exec: {command: [/bin/sleep, "3"]}}
      resources: {{- toYaml (.Values.resources | default $preset.resources) | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      volumeMounts:
        - {name: data, mountPath: /var/lib/evhost}
        - {name: config, mountPath: /etc/evhost/evhost.yaml, subPath: evhost.yaml, readOnly: true}
        - {name: tmp, mountPath: /tmp}
        {{- if .Values.plugins.extra }}
        - {name: extra-plugins, mountPath: /extra-plugins}
        {{- end }}
        {{- if .Values.secrets.existingSecret }}
        - {name: secrets, mountPath: /run/secrets/evhost, readOnly: true}
        {{- end }}
        {{- if .Values.keys.existingSecret }}
        - {name: keys, mountPath: /run/secrets/evhost-keys, readOnly: true}
        {{- end }}
        {{- if .Values.postgres.caSecret }}
        - {name: postgres-ca, mountPath: /etc/evhost/postgres-ca, readOnly: true}
        {{- end }}
        {{- if .Values.kafka.caSecret }}
        - {name: kafka-ca, mountPath: /etc/evhost/kafka-ca, readOnly: true}
        {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if include "event-host.onPostgres" . }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "event-host.selector" . | nindent 10 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  volumes:
    - name: config
      configMap: {name: {{ include "event-host.name" . }}}
    - name: tmp
      emptyDir: {sizeLimit: 64Mi}
    {{- if .Values.plugins.extra }}
    - name: extra-plugins
      emptyDir: {sizeLimit: 256Mi}
    {{- end }}
    {{- with .Values.keys.existingSecret }}
    - name: keys
      secret: {secretName: {{ . }}, defaultMode: 0440}
    {{- end }}
    {{- with .Values.secrets.existingSecret }}
    - name: secrets
      secret: {secretName: {{ . }}, defaultMode: 0440}
    {{- end }}
    {{- with .Values.kafka.caSecret }}
    - name: kafka-ca
      secret: {secretName: {{ . }}, defaultMode: 0444}
    {{- end }}
    {{- with .Values.postgres.caSecret }}
    - name: postgres-ca
      secret: {secretName: {{ . }}, defaultMode: 0444}
    {{- end }}
    {{- if include "event-host.onPostgres" . }}
    # Keys are mounted and everything else is in the database; this holds the crash notes, for the life of the pod.
    - name: data
      emptyDir: {sizeLimit: 256Mi}
    {{- else if .Values.persistence.existingClaim }}
    - name: data
      persistentVolumeClaim: {claimName: {{ .Values.persistence.existingClaim }}}
    {{- end }}
{{- end -}}
