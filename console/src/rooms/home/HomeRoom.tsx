import { Panel, RoomTitle } from "../../ui/basics";

export default function HomeRoom() {
  return <div className="ui-room"><RoomTitle title="Home" /><Panel title="This engine">…</Panel></div>;
}
