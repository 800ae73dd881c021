{{/* Names, labels, and the preset under the values. */}}
{{- define "event-host.name" -}}
{{- printf "%s-%s" .Release.Name .Values.preset | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "event-host.selector" -}}
app.kubernetes.io/name: evhost
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: {{ .Values.preset }}
{{- end -}}

{{- define "event-host.labels" -}}
{{ include "event-host.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "event-host.preset" -}}
{{ .Files.Get (printf "presets/%s.yaml" .Values.preset) }}
{{- end -}}

{{- define "event-host.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "event-host.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "event-host.name" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end -}}

{{/* Not empty when the database is PostgreSQL. */}}
{{- define "event-host.onPostgres" -}}
{{- if or .Values.postgres.existingSecret .Values.postgres.daprSecret -}}yes{{- end -}}
{{- end -}}

{{/* What only makes sense together. */}}
{{- define "event-host.check" -}}
{{- if and (ne .Values.preset "all-in-one") (not .Values.kafka.bootstrapServers) -}}
{{- fail (printf "preset %s needs kafka.bootstrapServers: without Kafka only all-in-one hears its own events" .Values.preset) -}}
{{- end -}}
{{- if and (ne .Values.preset "all-in-one") (not .Values.keys.existingSecret) -}}
{{- fail (printf "preset %s needs keys.existingSecret: releases of one product must accept each other's tokens" .Values.preset) -}}
{{- end -}}
{{- if and (include "event-host.onPostgres" .) (not .Values.kafka.bootstrapServers) -}}
{{- fail "postgres needs kafka.bootstrapServers: the embedded event log lives in SQLite" -}}
{{- end -}}
{{- if and (include "event-host.onPostgres" .) (not .Values.keys.existingSecret) -}}
{{- fail "postgres needs keys.existingSecret: replicas must accept each other's tokens" -}}
{{- end -}}
{{- if and .Values.postgres.existingSecret .Values.postgres.daprSecret -}}
{{- fail "postgres.existingSecret and postgres.daprSecret both name the database: keep one" -}}
{{- end -}}
{{- if and .Values.postgres.daprSecret (not .Values.dapr.enabled) -}}
{{- fail "postgres.daprSecret needs dapr.enabled" -}}
{{- end -}}
{{- if and (or .Values.autoscaling.enabled (gt (int .Values.replicas) 1)) (not (include "event-host.onPostgres" .)) -}}
{{- fail "more than one replica needs postgres.existingSecret (or postgres.daprSecret): SQLite has one writer" -}}
{{- end -}}
{{- if and (hasPrefix "sasl" .Values.kafka.securityProtocol) (not .Values.kafka.existingSecret) -}}
{{- fail (printf "kafka.securityProtocol %s needs kafka.existingSecret with username and password" .Values.kafka.securityProtocol) -}}
{{- end -}}
{{- end -}}
