// YAML to raw values through yaml-cpp, with every bound checked before anything is copied out.
#include "host/config/yaml_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <yaml-cpp/yaml.h>

namespace evhost::config {
namespace {

class converter {
 public:
  converter(std::string_view name, std::vector<problem>& problems) : name_(name), problems_(problems) {}

  raw_value convert(const YAML::Node& node, const std::string& path, std::size_t depth) {
    raw_value out;
    out.from = {layer::file, where(node.Mark())};
    if (too_large(node, path, depth)) return out;
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        out.text = node.Scalar();
        out.quoted = node.Tag() == "!";
        break;
      case YAML::NodeType::Sequence:
        out.kind = raw_value::shape::list;
        for (const auto& item : node) out.items.push_back(convert(item, path, depth + 1));
        break;
      case YAML::NodeType::Map:
        out.kind = raw_value::shape::map;
        for (const auto& entry : node) add_entry(out, entry.first, entry.second, path, depth);
        break;
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined:
        report(node.Mark(), path, "has no value; give it one, or remove the line to use the default");
        break;
    }
    return out;
  }

  void report(const YAML::Mark& mark, const std::string& path, std::string message) {
    problems_.push_back({where(mark), path, std::move(message)});
  }

 private:
  std::string where(const YAML::Mark& mark) const {
    return mark.is_null() ? name_ : name_ + ":" + std::to_string(mark.line + 1);
  }

  bool too_large(const YAML::Node& node, const std::string& path, std::size_t depth) {
    if (stopped_) return true;
    if (depth <= raw_depth_max && ++nodes_ <= raw_nodes_max) return false;
    stopped_ = true;
    report(node.Mark(), path,
           "is nested deeper than " + std::to_string(raw_depth_max) + " levels or holds more than " +
               std::to_string(raw_nodes_max) + " values (aliases count each time); make the file smaller");
    return true;
  }

  void add_entry(raw_value& out, const YAML::Node& key, const YAML::Node& value, const std::string& path,
                 std::size_t depth) {
    if (!key.IsScalar()) return report(key.Mark(), path, "has a key that is not plain text; write it as key: value");
    const std::string child = path.empty() ? key.Scalar() : path + "." + key.Scalar();
    if (out.entries.contains(key.Scalar()))
      return report(key.Mark(), child, "stands here a second time; keep one of the two");
    // A key without a value counts as a mistake only where a value belongs: "plugins:" alone is an empty section.
    if (value.IsNull() && depth == 0) return;
    raw_value converted = convert(value, child, depth + 1);
    if (value.IsNull()) return;
    converted.from.where = where(key.Mark());
    out.entries.emplace(key.Scalar(), std::move(converted));
  }

  std::string name_;
  std::vector<problem>& problems_;
  std::size_t nodes_ = 0;
  bool stopped_ = false;
};

}  // namespace

raw_map read_yaml(const std::string& text, std::string_view name, std::vector<problem>& problems) {
  converter convert(name, problems);
  try {
    const auto documents = YAML::LoadAll(text);
    if (documents.empty() || documents.front().IsNull()) return {};
    if (documents.size() > 1) {
      problems.push_back(
          {std::string(name), "",
           "holds " + std::to_string(documents.size()) + " YAML documents; keep one (remove the line ---)"});
    }
    if (!documents.front().IsMap()) {
      problems.push_back({std::string(name), "", "is not a list of sections; write for example http: {port: 8080}"});
      return {};
    }
    return convert.convert(documents.front(), "", 0).entries;
  } catch (const YAML::Exception& error) {
    const auto line =
        error.mark.is_null() ? std::string(name) : std::string(name) + ":" + std::to_string(error.mark.line + 1);
    problems.push_back({line, "", "is not valid YAML (" + error.msg + "); correct the line"});
  }
  return {};
}

raw_map read_yaml_file(const std::filesystem::path& path, std::vector<problem>& problems) {
  const std::string name = path.string();
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (error || !std::filesystem::exists(status)) {
    problems.push_back(
        {name, "", "does not exist; correct --config or EVH_CONFIG, or leave it out to use the defaults"});
    return {};
  }
  if (!std::filesystem::is_regular_file(status)) {
    problems.push_back({name, "", "is not a file; --config and EVH_CONFIG name one YAML file"});
    return {};
  }
  if (std::filesystem::file_size(path, error) > file_bytes_max) {
    problems.push_back(
        {name, "", "is larger than " + std::to_string(file_bytes_max >> 20) + " MiB; this cannot be a configuration"});
    return {};
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    problems.push_back(
        {name, "", std::string("cannot be read (") + std::strerror(errno) + "); check its owner and mode"});
    return {};
  }
  return read_yaml(std::string(std::istreambuf_iterator<char>(stream), {}), name, problems);
}

}  // namespace evhost::config
